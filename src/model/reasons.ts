// One table: why the gateway answered by itself → status and what the client is told. The keys are stable: metrics, logs and
// clients rely on them.

export interface Reason {
  readonly status: number
  readonly title: string
  /** Seconds for `Retry-After`; 0 = none. */
  readonly retryAfter: number
}

const reason = (status: number, title: string, retryAfter = 0): Reason => ({ status, title, retryAfter })

export const REASONS = {
  'bad-request': reason(400, 'The request is not valid HTTP'),
  'client-cert': reason(403, 'A client certificate that is allowed here is needed'),
  'no-route': reason(404, 'No route matches this request'),
  'method-not-allowed': reason(405, 'This method is not served'),
  'header-timeout': reason(408, 'The request head did not arrive in time'),
  'body-timeout': reason(408, 'The request body did not arrive in time'),
  'min-rate': reason(408, 'The request body arrives too slowly'),
  'body-limit': reason(413, 'The request body is too large'),
  'uri-too-long': reason(414, 'The request target is too long'),
  'expectation-failed': reason(417, 'This expectation is not known'),
  misdirected: reason(421, 'This connection does not serve that host'),
  'websocket-version': reason(426, 'This version of WebSocket is not served'),
  'header-limit': reason(431, 'The request head is too large'),
  'filter-error': reason(500, 'A filter of the route failed'),
  'plugin-error': reason(500, 'A plugin of the route failed'),
  'invalid-reference': reason(500, 'The route refers to something that does not exist or may not be used'),
  'refused-object': reason(500, 'The route asks for something that cannot be given'),
  'not-implemented': reason(501, 'This transfer coding is not implemented'),
  'upgrade-refused': reason(501, 'The route does not allow a change to this protocol'),
  reset: reason(502, 'The endpoint closed the connection before it answered'),
  protocol: reason(502, 'The endpoint sent an answer that is not valid HTTP'),
  'refused-stream': reason(503, 'The endpoint did not take up the request'),
  'connect-failure': reason(503, 'No endpoint could be connected'),
  'no-endpoint': reason(503, 'The upstream has no endpoint'),
  'limit-connections': reason(503, 'Too many connections', 1),
  'limit-requests': reason(503, 'Too many requests at the upstream', 1),
  'limit-pending': reason(503, 'Too many requests wait for the upstream', 1),
  'limit-pending-timeout': reason(503, 'The request waited too long for the upstream', 1),
  draining: reason(503, 'The gateway is shutting down', 1),
  'breaker-open': reason(503, 'The upstream has failed too often', 1),
  fault: reason(503, 'A fault was injected on purpose'),
  overload: reason(503, 'The gateway is overloaded', 1),
  'connect-timeout': reason(504, 'The endpoint could not be connected in time'),
  'attempt-timeout': reason(504, 'The endpoint did not answer in time'),
  'idle-timeout': reason(504, 'Nothing came from the endpoint, or went to it, for too long'),
  'tunnel-timeout': reason(504, 'Nobody has said anything in the tunnel for too long'),
  'request-timeout': reason(504, 'The request took too long'),
  version: reason(505, 'This HTTP version is not served'),
  loop: reason(508, 'The request has already passed this gateway'),
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof REASONS
