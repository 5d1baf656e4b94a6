// Features that are not there: one line each. What protects (`grave`) takes every rule of its Ingress with it.

import { differs, exact, grave, refused, type Theme, theme } from '../entry.ts'
import { flag, integer, lines, text, word } from '../values.ts'

const NO_AUTH = 'authentication is not built here yet'
const NO_LIMIT = 'limits for each client are not built here yet'
const NO_RANGE = 'allowing and denying addresses of clients is not built here yet'
const NO_WAF = 'there is no web application firewall here'
const OF_AUTH = 'nothing without authentication'

export const authentication: Theme = theme(
  'Authentication',
  {
    'auth-url': grave(refused(text, NO_AUTH, 'https://auth.example/check')),
    'auth-type': grave(refused(text, NO_AUTH, 'basic')),
    'auth-secret': grave(refused(text, NO_AUTH, 'shop/users')),
    'auth-secret-type': differs(text, OF_AUTH, 'auth-file'),
    'auth-realm': differs(text, OF_AUTH, 'staff'),
    'auth-signin': grave(refused(text, NO_AUTH, 'https://auth.example/start')),
    'auth-signin-redirect-param': differs(text, OF_AUTH, 'rd'),
    'auth-method': differs(text, OF_AUTH, 'GET'),
    'auth-proxy-set-headers': differs(text, OF_AUTH, 'shop/auth-headers'),
    'auth-cache-key': differs(text, OF_AUTH, '$remote_user'),
    'auth-cache-duration': differs(text, OF_AUTH, '200 10m'),
    'auth-keepalive': differs(text, OF_AUTH, '10'),
    'auth-keepalive-share-vars': differs(text, OF_AUTH, 'false'),
    'auth-keepalive-requests': differs(text, OF_AUTH, '1000'),
    'auth-keepalive-timeout': differs(text, OF_AUTH, '60'),
    'auth-response-headers': differs(text, OF_AUTH, 'X-User'),
    'auth-request-redirect': differs(text, OF_AUTH, 'https://example.org'),
    'auth-always-set-cookie': differs(text, OF_AUTH, 'false'),
    'auth-snippet': differs(lines, OF_AUTH, 'proxy_set_header X-A b;'),
    'enable-global-auth': exact(flag, 'there is no authentication for all Ingresses that it could switch off', 'false'),
    satisfy: differs(word('any', 'all'), OF_AUTH, 'any'),
  },
  () => {},
)

export const limits: Theme = theme(
  'Limits of clients',
  {
    'limit-connections': grave(refused(text, NO_LIMIT, '10')),
    'limit-rps': grave(refused(text, NO_LIMIT, '100')),
    'limit-rpm': grave(refused(text, NO_LIMIT, '1000')),
    'limit-rate': grave(refused(text, NO_LIMIT, '100')),
    'limit-rate-after': differs(text, 'nothing without limit-rate', '1000'),
    'limit-burst-multiplier': differs(text, 'nothing without limits', '5'),
    'limit-whitelist': differs(text, 'nothing without limits', '10.0.0.0/8'),
    'limit-allowlist': differs(text, 'nothing without limits', '10.0.0.0/8'),
    'global-rate-limit': grave(refused(text, NO_LIMIT, '100')),
    'global-rate-limit-window': differs(text, 'nothing without limits', '1m'),
    'global-rate-limit-key': differs(text, 'nothing without limits', '$remote_addr'),
    'global-rate-limit-ignored-cidrs': differs(text, 'nothing without limits', '10.0.0.0/8'),
  },
  () => {},
)

export const ranges: Theme = theme(
  'Addresses of clients',
  {
    'whitelist-source-range': grave(refused(text, NO_RANGE, '10.0.0.0/8')),
    'allowlist-source-range': grave(refused(text, NO_RANGE, '10.0.0.0/8')),
    'denylist-source-range': grave(refused(text, NO_RANGE, '10.1.0.0/16')),
  },
  (values, draft) => {
    // cert-manager writes it onto the Ingresses of its solvers.
    for (const name of ['whitelist-source-range', 'allowlist-source-range'] as const)
      if (isEverybody(values[name])) draft.exact(name)
  },
)

/** All addresses of both families: nobody is kept out. */
function isEverybody(ranges = ''): boolean {
  const parts = ranges.split(',').map((part) => part.trim())
  return parts.includes('0.0.0.0/0') && parts.includes('::/0')
}

export const firewall: Theme = theme(
  'Firewall',
  {
    'enable-modsecurity': grave(refused(flag, NO_WAF, 'true')),
    'enable-owasp-core-rules': grave(refused(flag, NO_WAF, 'true')),
    'enable-owasp-modsecurity-crs': grave(refused(flag, NO_WAF, 'true')),
    'modsecurity-snippet': grave(refused(lines, NO_WAF, 'SecRuleEngine On')),
    'modsecurity-transaction-id': differs(text, 'nothing without a firewall', '$request_id'),
    'lua-resty-waf': grave(refused(text, NO_WAF, 'active')),
  },
  (values, draft) => {
    for (const name of ['enable-modsecurity', 'enable-owasp-core-rules', 'enable-owasp-modsecurity-crs'] as const)
      if (values[name] === false) draft.exact(name)
  },
)

export const errors: Theme = theme(
  'Errors of endpoints',
  {
    'custom-http-errors': refused(
      text,
      'answers of endpoints pass as they are: there is no Service that makes others of them',
      '404,503',
    ),
    'disable-proxy-intercept-errors': exact(flag, 'answers of endpoints pass as they are', 'true'),
    'fastcgi-index': refused(text, 'FastCGI is not spoken', 'index.php'),
    'fastcgi-params-configmap': refused(text, 'FastCGI is not spoken', 'shop/params'),
    'secure-backends': grave(refused(flag, 'not of ingress-nginx any more: say backend-protocol: HTTPS', 'true')),
    'grpc-backend': grave(refused(flag, 'not of ingress-nginx any more: say backend-protocol: GRPC', 'true')),
    'upstream-max-fails': refused(integer(0, 1000), 'not of ingress-nginx any more: ejection is on', '3'),
    'upstream-fail-timeout': refused(integer(0, 100_000), 'not of ingress-nginx any more: ejection is on', '10'),
    'mirror-uri': refused(text, 'not of ingress-nginx any more: say mirror-target', '/mirror'),
  },
  (values, draft) => {
    for (const name of ['secure-backends', 'grpc-backend'] as const) if (values[name] === false) draft.exact(name)
  },
)
