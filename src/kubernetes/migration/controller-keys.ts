// Settings of the controller of ingress-nginx, as they stand in its ConfigMap, and where they are here.

import { didYouMean } from '../../config/suggest.ts'

type Verdict = 'exact' | 'differs' | 'refused'

export interface KeyVerdict {
  readonly key: string
  readonly verdict: Verdict
  /** What to write instead, how it differs, or why it is refused. */
  readonly words: string
}

type Key = readonly [verdict: Verdict, words: string]

const exact = (words: string): Key => ['exact', words]
const differs = (words: string): Key => ['differs', words]
const refused = (words: string): Key => ['refused', words]

const TRACES = '`tracing` of the file, with a collector for OTLP'
const NO_LIMIT = 'limits for each client are not built here yet'
const NO_AUTH = 'authentication is not built here yet'
const NO_COMPRESSION = 'answers are not compressed here yet'
const NO_WAF = 'there is no web application firewall here'
const TABLES = 'tables of nginx: there is nothing to set'
const PER_INGRESS = 'a default for all Ingresses: write the annotation of that name to those that need it'

/** `VALUE` stands for what is written. */
const KEYS: Readonly<Record<string, Key>> = {
  'proxy-body-size': exact('`limits: { bodyBytes: VALUE }` of the listeners (sizes are written 8MiB)'),
  'proxy-connect-timeout': differs(PER_INGRESS),
  'proxy-read-timeout': differs(PER_INGRESS),
  'proxy-send-timeout': differs(PER_INGRESS),
  'proxy-next-upstream': differs(PER_INGRESS),
  'proxy-next-upstream-tries': differs(PER_INGRESS),
  'proxy-next-upstream-timeout': differs('tries are bounded by their number and a budget'),
  'retry-non-idempotent': differs('`non_idempotent` in the annotation proxy-next-upstream'),
  'load-balance': differs(PER_INGRESS),
  'upstream-hash-by': differs(PER_INGRESS),
  'ssl-redirect': differs(PER_INGRESS),
  'force-ssl-redirect': differs(PER_INGRESS),
  'preserve-trailing-slash': exact('redirects keep the path as it is'),
  'http-redirect-code': differs('redirects to HTTPS answer 308'),
  'no-tls-redirect-locations': differs('/.well-known/acme-challenge is never redirected; no other path is left out'),
  'client-header-timeout': exact('`timeouts: { header: VALUEs }` of the listeners'),
  'client-body-timeout': exact('`timeouts: { body: VALUEs }` of the listeners'),
  'client-header-buffer-size': differs('`limits: { headerBytes }` of the listeners bounds heads as a whole; 32 KiB'),
  'large-client-header-buffers': differs('`limits: { headerBytes, requestLine }` of the listeners'),
  'client-body-buffer-size': differs('bodies are passed on as they come'),
  'keep-alive': exact('`timeouts: { keepAlive: VALUEs }` of the listeners'),
  'keep-alive-requests': exact('`limits: { requestsPerConnection: VALUE }` of the listeners'),
  'upstream-keepalive-connections': differs('`connection: { maxIdlePerEndpoint }` of upstreams; 64 to each endpoint'),
  'upstream-keepalive-timeout': differs('`connection: { keepAlive }` of upstreams; 60 s'),
  'upstream-keepalive-requests': differs('`connection: { maxRequests }` of upstreams; off'),
  'upstream-keepalive-time': differs('connections to endpoints have no age'),
  'max-worker-connections': differs('`limits: { connections }` of the listeners; 65536'),
  'worker-processes': exact('`workers: VALUE`'),
  'worker-shutdown-timeout': exact('`drain: { timeout: VALUE }`'),
  'worker-cpu-affinity': refused('the operating system places workers'),
  'use-forwarded-headers': differs('`trustedProxies` names those whose X-Forwarded-* is believed; nobody is by default'),
  'proxy-real-ip-cidr': exact('`trustedProxies: [VALUE]`'),
  'compute-full-forwarded-for': exact('X-Forwarded-For of trusted proxies is added to'),
  'forwarded-for-header': differs('X-Forwarded-For is what is read'),
  'enable-real-ip': differs('`trustedProxies` names who is believed'),
  'use-proxy-protocol': exact('`proxyProtocol: require` of the listeners, and `trustedProxies`'),
  'proxy-protocol-header-timeout': exact('`timeouts: { handshake: VALUE }` of the listeners'),
  'use-http2': exact('`http2: VALUE` of the listeners'),
  'http2-max-concurrent-streams': exact('`http2Limits: { concurrentStreams: VALUE }` of the listeners'),
  'http2-max-requests': differs('`limits: { requestsPerConnection }` of the listeners'),
  'http2-max-field-size': differs('`limits: { headerBytes }` of the listeners'),
  'http2-max-header-size': differs('`limits: { headerBytes }` of the listeners'),
  'ssl-protocols': differs('`tls: { minVersion: "1.2" }` of the listener; nothing older is spoken'),
  'ssl-ciphers': exact('`tls: { ciphers: "VALUE" }` of the listener; forward secrecy is needed'),
  'ssl-ecdh-curve': differs('curves are those of Node'),
  'ssl-dh-param': differs('ciphers with finite fields are not used'),
  'ssl-session-cache': differs('sessions are resumed by tickets'),
  'ssl-session-cache-size': differs('sessions are resumed by tickets'),
  'ssl-session-tickets': differs('tickets are used, with keys that workers share'),
  'ssl-session-ticket-key': refused('keys of tickets are made by the gateway'),
  'ssl-session-timeout': differs('tickets last as long as the keys do'),
  'ssl-buffer-size': differs('buffers are our own'),
  'ssl-reject-handshake': exact('`tls: { strictSni: VALUE }` of the listener'),
  'enable-ocsp': refused('answers of certificate authorities are not stapled'),
  hsts: differs('a field of answers: `more_set_headers` in a snippet, or the application'),
  'hsts-max-age': differs('see hsts'),
  'hsts-include-subdomains': differs('see hsts'),
  'hsts-preload': differs('see hsts'),
  'server-tokens': exact('the gateway does not name itself'),
  'allow-backend-server-header': differs('`Server` of endpoints is passed on'),
  'hide-headers': differs('`more_clear_headers` in a snippet of the Ingresses that need it'),
  'add-headers': differs('the annotation custom-headers of the Ingresses that need it'),
  'proxy-set-headers': differs('`proxy_set_header` in a snippet of the Ingresses that need it'),
  'generate-request-id': exact('X-Request-ID is made where there is none'),
  'proxy-add-original-uri-header': refused('X-Original-URI is not sent'),
  'enable-underscores-in-headers': differs('names with an underscore are passed on'),
  'ignore-invalid-headers': differs('a request with a name that is none is refused with 400'),
  'disable-access-log': differs('`accessLog` is off unless it is written'),
  'access-log-path': exact('`accessLog: { file: VALUE }`'),
  'http-access-log-path': exact('`accessLog: { file: VALUE }`'),
  'log-format-upstream': differs('`accessLog: { format: json, fields }` names what is written'),
  'log-format-escape-json': exact('the access log is JSON'),
  'skip-access-log-urls': refused('there is one access log for all routes'),
  'error-log-path': differs('the log goes to stderr'),
  'error-log-level': differs('`log: { level }` knows debug, info, warn and error'),
  'allow-snippet-annotations': differs('snippets are never executed: known directives are translated, whatever it says'),
  'annotations-risk-level': differs('what annotations may do is the same for all'),
  'annotation-value-word-blocklist': differs('values never become text of a configuration'),
  'strict-validate-path-type': differs('paths are judged one by one'),
  'allow-cross-namespace-resources': differs('objects of other namespaces are never used'),
  'proxy-buffering': differs('answers are passed on as they come'),
  'proxy-request-buffering': differs('requests are passed on as they come'),
  'proxy-buffer-size': differs('heads of answers may have 64 KiB'),
  'proxy-buffers-number': differs('buffers are our own'),
  'proxy-cookie-domain': refused('Set-Cookie is passed on as it is'),
  'proxy-cookie-path': refused('Set-Cookie is passed on as it is'),
  'proxy-redirect-from': refused('Location is passed on as it is'),
  'custom-http-errors': refused(
    'answers of endpoints pass as they are; filter `errorPages` of routes in the file replaces bodies',
  ),
  'service-upstream': differs('endpoints are always asked themselves'),
  'reuse-port': differs('workers share a listening socket'),
  'bind-address': exact('`bind` of the listeners'),
  'disable-ipv6': exact('`bind` of the listeners'),
  'default-type': differs('endpoints say what their answers are'),
  'use-gzip': refused(NO_COMPRESSION),
  'enable-brotli': refused(NO_COMPRESSION),
  'whitelist-source-range': refused('allowing and denying addresses of clients is not built here yet'),
  'block-cidrs': refused('allowing and denying addresses of clients is not built here yet'),
  'block-user-agents': refused('requests cannot be denied by User-Agent yet'),
  'block-referers': refused('requests cannot be denied by Referer yet'),
  'limit-rate': refused(NO_LIMIT),
  'limit-rate-after': refused(NO_LIMIT),
  'limit-req-status-code': differs('nothing without limits'),
  'limit-conn-status-code': differs('nothing without limits'),
  'limit-conn-zone-variable': differs('nothing without limits'),
  'main-snippet': refused('snippets are never executed, and this one is about nginx itself'),
  'http-snippet': refused('snippets are never executed, and this one is about nginx itself'),
  'server-snippet': refused('snippets for all Ingresses are not translated: write it to those that need it'),
  'location-snippet': refused(
    'snippets for all Ingresses are not translated: write configuration-snippet to those that need it',
  ),
  'stream-snippet': refused('listeners for TCP are written in the file'),
  plugins: refused('plugins in Lua are not run: plugins in TypeScript are'),
  'lua-shared-dicts': differs(TABLES),
}

/** Keys that are judged by how they begin. */
const FAMILIES: readonly (readonly [pattern: RegExp, key: Key])[] = [
  [/^global-auth-|^no-auth-locations$/, refused(NO_AUTH)],
  [/^global-rate-limit/, refused(NO_LIMIT)],
  [/modsecurity|owasp/, refused(NO_WAF)],
  [/^(gzip|brotli)-/, refused(NO_COMPRESSION)],
  [/^(enable-)?(opentelemetry|opentracing)|^(otel|otlp)-/, differs(TRACES)],
  [/^(zipkin|jaeger|datadog)-/, refused('spans are sent by OTLP only: `tracing` of the file')],
  [/-hash-(max|bucket)-size$/, differs(TABLES)],
  [/^proxy-stream-/, refused('routes of TCP listeners are written in the file')],
  [/geoip/, refused('where an address is cannot be found out here')],
  [/syslog/, refused('logs go to stderr and to files')],
  [/^nginx-status-/, differs('metrics and states are at the admin address')],
]

/** In the order of the ConfigMap. */
export function judgeKeys(data: Readonly<Record<string, string>>): KeyVerdict[] {
  return Object.entries(data).map(([key, value]) => {
    const [verdict, words] = (Object.hasOwn(KEYS, key) ? KEYS[key] : FAMILIES.find(([pattern]) => pattern.test(key))?.[1]) ?? [
      'refused' as const,
      `there is no such setting here${didYouMean(key, Object.keys(KEYS))}`,
    ]
    const shown = /^[\w.:/, -]{1,64}$/.test(value) ? value : '…'
    // What is off protects nobody.
    if (verdict === 'refused' && /^(false|off|)$/.test(value)) return { key, verdict: 'exact', words: 'off' }
    return { key, verdict, words: words.replaceAll('VALUE', shown) }
  })
}
