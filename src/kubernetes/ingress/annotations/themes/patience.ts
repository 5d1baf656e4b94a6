// How long is waited for endpoints, and whether another one is asked.

import type { Draft } from '../draft.ts'
import { differs, exact, type Theme, theme } from '../entry.ts'
import { integer, type Reader, seconds, wrong } from '../values.ts'

/** What of nginx's conditions is an end of an attempt here; null = none is. */
const CONDITIONS: Readonly<Record<string, readonly string[] | null>> = {
  error: ['connect-failure', 'reset', 'refused-stream'],
  timeout: ['timeout'],
  invalid_header: null,
  http_500: ['500'],
  http_502: ['502'],
  http_503: ['503'],
  http_504: ['504'],
  http_403: ['403'],
  http_404: ['404'],
  http_429: ['429'],
  non_idempotent: [],
  off: [],
}

const conditions: Reader<readonly string[]> = (written) => {
  const words = written.split(/\s+/).filter((each) => each !== '')
  const known = words.length > 0 && words.every((each) => Object.hasOwn(CONDITIONS, each))
  return known ? words : wrong(`words of ${Object.keys(CONDITIONS).join(', ')}`)
}

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']
/** The most tries after the first that a route can have. */
const MOST = 10

export const patience: Theme = theme(
  'Timeouts and further tries',
  {
    'proxy-connect-timeout': exact(seconds, '`connection.connectTimeout` of the upstream', '5'),
    'proxy-read-timeout': differs(
      seconds,
      '`timeout.attempt`, `timeout.tunnel`, and `timeout.idle` where it is not less than `proxy-send-timeout` (60 s): a body that stalls is cut when neither direction moved for so long',
      '120',
    ),
    'proxy-send-timeout': differs(seconds, '`timeout.idle` of the route, where it is longer than the read timeout', '120'),
    'proxy-next-upstream': differs(
      conditions,
      '`retry.on`: `error` is connect-failure, reset and refused-stream, `non_idempotent` adds POST and PATCH; tries stay within `retry.budget`, and go to endpoints that were not tried',
      'error timeout http_502',
    ),
    'proxy-next-upstream-tries': differs(
      integer(0, 1000),
      '`retry.attempts`, which does not count the first; at most 10, which is also what `0` means',
      '3',
    ),
    'proxy-next-upstream-timeout': differs(
      integer(0, 2_147_483, 'seconds'),
      'further tries are bounded by their number and their budget; there is no time after which there are none',
      '0',
    ),
  },
  (values, draft) => {
    setTimeouts(draft, values['proxy-connect-timeout'], values['proxy-read-timeout'], values['proxy-send-timeout'])
    const on = values['proxy-next-upstream']
    const tries = values['proxy-next-upstream-tries']
    if (values['proxy-next-upstream-timeout'] === 0) draft.exact('proxy-next-upstream-timeout')
    if (on === undefined && tries === undefined) return
    if (on?.includes('off')) {
      draft.route.retry = { attempts: 0 }
      draft.exact('proxy-next-upstream')
      return
    }
    for (const each of on ?? [])
      if (CONDITIONS[each] === null)
        draft.differs('proxy-next-upstream', `an answer that is not HTTP (${each}) is not tried again`)
    draft.route.retry = {
      attempts: Math.min(tries === undefined ? 2 : tries === 0 ? MOST : tries - 1, MOST),
      on: [...new Set((on ?? ['error', 'timeout']).flatMap((each) => CONDITIONS[each] ?? []))],
      methods: on?.includes('non_idempotent') ? [...IDEMPOTENT, 'POST', 'PATCH'] : IDEMPOTENT,
    }
  },
)

/** Seconds; undefined = nothing is said. */
function setTimeouts({ timeouts }: Draft, connect?: number, read?: number, send?: number): void {
  if (connect !== undefined) timeouts.connect = connect
  if (read !== undefined) timeouts.read = read
  if (send !== undefined) timeouts.send = send
}
