// Writes docs/reference/reasons.md from src/model/reasons.ts. Run: node scripts/generate-reasons.ts

import { writeFileSync } from 'node:fs'
import type { ArrivalRefusal } from '../src/listen/arrival.ts'
import { REASONS, type Reason, type ReasonCode } from '../src/model/reasons.ts'

export const REASONS_PAGE = new URL('../docs/reference/reasons.md', import.meta.url)

/** What an operator does about it. */
const ADVICE: Readonly<Record<ReasonCode, string>> = {
  'bad-request': '`detail` of the body says what is wrong with the request; it is the client that has to change',
  'client-cert':
    'see `clientSubject` in the access log, and `require` of the filter [clientCert](../tasks/tls.md#ask-clients-for-certificates)',
  'no-route': '[explain](../tasks/explain.md) says which routes were close, and why none took it',
  'method-not-allowed': 'TRACE and CONNECT are never served',
  'header-timeout': 'a slow or idle client; `timeouts.header` of the listener',
  'body-timeout': 'a client that stopped in the middle of its body; `timeouts.body` of the listener',
  'min-rate': 'a client that sends slower than `timeouts.minRate` of the listener',
  'body-limit': '`limits.bodyBytes` of the listener, or the filter `bodyLimit` of the route',
  'uri-too-long': '`limits.requestLine` of the listener',
  'expectation-failed': 'only `Expect: 100-continue` is known; the client has to change',
  misdirected:
    'the Host belongs to [another listener of the address](../tasks/tls.md#several-listeners-on-one-address); browsers open a new connection by themselves',
  'websocket-version': 'the client has to ask for version 13',
  'header-limit': '`limits.headerBytes` and `limits.headerCount` of the listener; often cookies',
  'filter-error': '`detail` of the body says which filter, and what happened: a fault of the gateway, please report it',
  'plugin-error': 'the log says which plugin, and what happened; `onError: open` goes on without it',
  'invalid-reference':
    '`detail` of the body and [explain](../tasks/explain.md) say what is missing: the route was written for something that is not there',
  'refused-object':
    '`detail` of the body and [explain](../tasks/explain.md) say what cannot be given, and why: a rule that cannot be kept is not left out',
  'not-implemented': 'only `chunked` is understood; the client has to change',
  'upgrade-refused':
    '`websocket` and `upgrades` of the [route](../tasks/websocket.md), or the endpoint answered like any request',
  reset:
    'look at the endpoint: it ends, or closes idle connections before `connection.keepAlive` of the upstream; `reset` in `retry.on`',
  protocol:
    'look at the endpoint; `detail` says what was wrong. Often `protocol` or `tls` of the upstream is not what it speaks',
  'refused-stream': 'the endpoint has too much to do, or is ending; `refused-stream` in `retry.on` asks another one',
  'connect-failure':
    '`detail` says why: refused, no way there, [TLS](../tasks/tls-to-endpoints.md#what-is-done-with-connections). `/upstreams` shows who is out',
  'no-endpoint': 'discovery found none, or none has the `labels`, or with `panic: 0%` all are out: `/upstreams`',
  'limit-connections': '`limits.connections` of the [listener](../tasks/limits-and-overload.md)',
  'limit-requests': '`limits.requests` of the [upstream](../tasks/limits-and-overload.md)',
  'limit-pending': '`limits` of the [upstream](../tasks/limits-and-overload.md): more than it can serve',
  'limit-pending-timeout': '`limits.pendingTimeout` of the [upstream](../tasks/limits-and-overload.md): more than it can serve',
  draining: 'the client tries again elsewhere; `drain.delay` gives balancers in front time to notice',
  'breaker-open':
    'the [upstream](../tasks/failing-endpoints.md#when-an-upstream-answers-nothing-but-errors) fails: look at its endpoints; `failover` could stand in',
  fault: 'the filter `faults` of the route',
  overload: 'more workers or machines; [`overload`](../tasks/limits-and-overload.md#the-gateway-itself), `priority` of routes',
  'connect-timeout': 'nothing answers at that address, often a firewall; `connection.connectTimeout` of the upstream',
  'attempt-timeout': 'the endpoint is slow or hangs; `timeout.attempt` of the route, `timeout` in `retry.on`',
  'idle-timeout': '`timeout.idle` of the route: longer for long polls',
  'tunnel-timeout': '`timeout.tunnel` of the route, or pings by the application',
  'request-timeout': '`timeout.request` of the route, or the deadline of a gRPC client, over all tries',
  version: 'HTTP/1.0, HTTP/1.1 and HTTP/2 are served',
  loop: 'a route leads back to the gateway; `via` gives each of several gateways a name of its own',
}

/** What is counted and logged without an answer. */
const SILENT: Readonly<Record<ArrivalRefusal | 'http2-flood' | 'client-gone', readonly [meaning: string, advice: string]>> = {
  'proxy-header': [
    'No PROXY header, a wrong one, or one from elsewhere than `trustedProxies`',
    '`proxyProtocol` of the [listener](../tasks/tls.md#behind-another-load-balancer) and of the balancer in front',
  ],
  'tls-handshake': [
    'A TLS handshake failed',
    'client and listener have no version or cipher in common, or the client did not like the certificate or shows none of its own; `openssl s_client` tells',
  ],
  'tls-name': [
    'A client asks for a name that is not served (with `strictSni`, or on a shared address)',
    '`hosts` of the listeners, names in the certificates',
  ],
  'handshake-timeout': ['PROXY header and handshake were not done in time', '`timeouts.handshake` of the listener'],
  'limit-handshakes': ['More connections begin than are waited for', 'a flood, or too few workers'],
  'http2-flood': ['An HTTP/2 client was closed for what it sends', 'see [HTTP/2](../tasks/http2.md#what-a-client-may-do)'],
  'client-gone': ['The client left before it had the whole answer; in the access log only', ''],
}

export function reasonsPage(): string {
  const rows = Object.entries(REASONS as Readonly<Record<string, Reason>>).map(
    ([code, { status, title, retryAfter }]) =>
      `| \`${code}\` | ${status} | ${title} | ${ADVICE[code as ReasonCode]} | ${retryAfter === 0 ? '' : `${retryAfter} s`} |`,
  )
  const silent = Object.entries(SILENT).map(([code, [meaning, advice]]) => `| \`${code}\` | ${meaning} | ${advice} |`)
  return `# Reasons

<!-- Made by scripts/generate-reasons.ts from src/model/reasons.ts. -->

When the gateway answers a request by itself, it says why with one of these words. The words are stable. They stand in the
response header \`x-headgate-reason\`, in \`code\` of the \`application/problem+json\` body, in \`reason\` of the access log, and in
the label \`reason\` of \`headgate_rejected_total\`. With \`errors: { detail: minimal }\` clients are not told, logs and metrics are.
gRPC clients get a status of gRPC instead of the HTTP status, see [Serve gRPC](../tasks/grpc.md#what-the-gateway-says-by-itself).

| Reason | Status | Meaning | What to do | Retry-After |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Connections that are closed, and what clients break off, have no answer. Their words stand in the same places:

| Reason | Meaning | What to do |
| --- | --- | --- |
${silent.join('\n')}
`
}

if (import.meta.main) writeFileSync(REASONS_PAGE, reasonsPage())
