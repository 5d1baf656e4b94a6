// Sessions: requests of one client to one endpoint, by a cookie.

import { differs, exact, type Theme, theme } from '../entry.ts'
import { flag, integer, text, token, word } from '../values.ts'

/** 596 h, the longest that a duration can be. */
const MOST = 2_147_483

export const affinity: Theme = theme(
  'Sessions',
  {
    affinity: exact(word('cookie'), '`affinity: { cookie }` of the routes', 'cookie'),
    'affinity-mode': differs(
      word('balanced', 'persistent'),
      'sessions stay with their endpoint while it can be used, which is `persistent`: none is moved because there are more endpoints',
      'persistent',
    ),
    'affinity-canary-behavior': differs(word('sticky', 'legacy'), 'sessions stay with a canary, which is `sticky`', 'sticky'),
    'session-cookie-name': exact(token, 'name of the cookie; INGRESSCOOKIE where it is not given', 'route'),
    'session-cookie-max-age': exact(integer(0, MOST, 'seconds'), '`affinity.ttl`; 0 = until the browser is closed', '172800'),
    'session-cookie-expires': exact(integer(0, MOST, 'seconds'), '`affinity.ttl` where there is no max-age', '172800'),
    'session-cookie-path': differs(text, 'the cookie is always for all paths', '/'),
    'session-cookie-domain': differs(text, 'the cookie is always for its host alone', 'example.com'),
    'session-cookie-secure': differs(flag, 'the cookie is Secure where the client came by TLS', 'true'),
    'session-cookie-samesite': differs(word('None', 'Lax', 'Strict'), 'the cookie is always SameSite=Lax', 'Lax'),
    'session-cookie-conditional-samesite-none': differs(flag, 'the cookie is always SameSite=Lax', 'false'),
    'session-cookie-partitioned': differs(flag, 'the cookie is never Partitioned', 'false'),
    'session-cookie-change-on-failure': differs(
      flag,
      'a session whose endpoint has failed goes to another one, and the cookie names that from then on',
      'true',
    ),
    'session-cookie-hash': differs(
      text,
      'values of cookies are signed names; ingress-nginx does not look at it any more',
      'sha1',
    ),
  },
  (values, draft) => {
    if (values.affinity === undefined) {
      for (const name of Object.keys(values)) draft.settle(name, 'exact', 'nothing without `affinity: cookie`')
      return
    }
    const age = values['session-cookie-max-age'] ?? values['session-cookie-expires'] ?? 0
    draft.route.affinity = {
      cookie: values['session-cookie-name'] ?? 'INGRESSCOOKIE',
      ttl: age === 0 ? 'off' : `${age}s`,
    }
    const kept: Readonly<Record<string, unknown>> = {
      'affinity-mode': 'persistent',
      'affinity-canary-behavior': 'sticky',
      'session-cookie-path': '/',
      'session-cookie-samesite': 'Lax',
      'session-cookie-conditional-samesite-none': false,
      'session-cookie-partitioned': false,
      'session-cookie-change-on-failure': true,
    }
    for (const [name, value] of Object.entries(kept)) {
      if (values[name as keyof typeof values] === value) draft.exact(name)
    }
    if (values['session-cookie-samesite'] === 'None')
      draft.differs(
        'session-cookie-samesite',
        'the cookie is SameSite=Lax: pages of other sites that embed this one lose sessions',
      )
  },
  { ofCanary: true },
)
