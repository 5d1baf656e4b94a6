// What ingress-nginx does without being asked, where this gateway does something else.

export interface Habit {
  readonly theirs: string
  readonly ours: string
}

export const HABITS: readonly Habit[] = [
  {
    theirs: 'bodies of requests above 1 MiB are refused (`proxy-body-size`)',
    ours: 'no limit; `limits.bodyBytes` of the listener sets one',
  },
  {
    theirs: 'three tries, after errors and timeouts of idempotent requests',
    ours: 'four tries, when no connection could be made or, of idempotent requests, nothing was answered; `proxy-next-upstream` asks for others',
  },
  { theirs: '5 s to connect to an endpoint', ours: '2 s; `proxy-connect-timeout` says otherwise' },
  {
    theirs: 'Strict-Transport-Security on every answer by HTTPS (`hsts`)',
    ours: 'none; a snippet with `more_set_headers`, or the application, sets it',
  },
  {
    theirs: 'X-Real-IP, X-Scheme, X-Forwarded-Scheme and X-Original-Forwarded-For go to endpoints',
    ours: 'X-Forwarded-For, -Proto, -Host and -Port do, and X-Request-ID',
  },
  {
    theirs: '`Server` of endpoints is taken out of answers',
    ours: 'it is passed on; a snippet with `more_clear_headers Server;` takes it out',
  },
  {
    theirs: 'requests are read to their end before an endpoint sees them',
    ours: 'they are passed on as they come',
  },
  {
    theirs: 'header names with an underscore are dropped',
    ours: 'they are passed on',
  },
  {
    theirs: 'an ImplementationSpecific path `/foo` is also `/foobar`',
    ours: 'whole segments: `/foo` and `/foo/bar`',
  },
  {
    theirs: 'any HTTPS host without a certificate gets one that is made up',
    ours: 'the first certificate of the listener, or with `strictSni` no handshake',
  },
]
