// HTTPRoutes: matches, timeouts and retries of their rules in the words of the file.

import type { Trouble } from './addresses.ts'
import { durationOf } from './durations.ts'
import type { HttpMatch, RouteRule, ValueMatch } from './kinds.ts'

const PATHS: Readonly<Record<string, string>> = { Exact: 'exact', PathPrefix: 'prefix', RegularExpression: 'regex' }

export function writeHttpMatch({ path, method, headers, queryParams }: HttpMatch): object | Trouble {
  const { type = 'PathPrefix', value = '/' } = path ?? {}
  const as = Object.hasOwn(PATHS, type) ? PATHS[type] : undefined
  if (as === undefined) return unsupported(`a path of type ${type}`)
  const fields = namedValues(headers, true)
  const query = namedValues(queryParams, false)
  if ('reason' in fields) return fields
  if ('reason' in query) return query
  return {
    ...(as === 'prefix' && value === '/' ? {} : { path: { [as]: value } }),
    ...(method === undefined ? {} : { methods: [method] }),
    headers: fields.values,
    query: query.values,
  }
}

/** Of several with one name the first counts. */
export function namedValues(list: readonly ValueMatch[] = [], lowerCase: boolean): { readonly values: object } | Trouble {
  const values = new Map<string, unknown>()
  for (const { type = 'Exact', name, value } of list) {
    const key = lowerCase ? name.toLowerCase() : name
    if (type !== 'Exact' && type !== 'RegularExpression') return unsupported(`a match of type ${type}`)
    if (!values.has(key)) values.set(key, type === 'Exact' ? { exact: value } : { regex: value })
  }
  return { values: Object.fromEntries(values) }
}

export function unsupported(what: string): Trouble {
  return { reason: 'UnsupportedValue', message: `${what} is not supported` }
}

/** Conditions that are retried beside the codes that are named. */
const ALWAYS = ['connect-failure', 'refused-stream', 'reset', 'timeout']
const MOST_ATTEMPTS = 10
/** What the file says where nothing is written. */
const IDLE_MS = 60_000

export function writeHttpTimes({ timeouts, retry }: RouteRule<unknown>): object | Trouble {
  const request = timeouts?.request === undefined ? undefined : durationOf(timeouts.request)
  // A single request may take as long as all of them.
  const attempt = timeouts?.backendRequest === undefined ? request : durationOf(timeouts.backendRequest)
  const backoff = retry?.backoff === undefined ? undefined : durationOf(retry.backoff)
  if (request === null || attempt === null || backoff === null) return unsupported('a duration that is none')
  const patient = request === 'off' || (request !== undefined && Number.parseInt(request, 10) > IDLE_MS)
  const timeout = {
    ...(request === undefined ? {} : { request }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(patient ? { idle: request } : {}),
  }
  if (retry === undefined) return { timeout }
  return {
    timeout,
    retry: {
      ...(retry.attempts === undefined ? {} : { attempts: Math.min(MOST_ATTEMPTS, Math.max(0, retry.attempts)) }),
      on: [...ALWAYS, ...(retry.codes ?? []).map(String)],
      ...(backoff === undefined || backoff === 'off' ? {} : { backoff: { base: backoff, max: backoff } }),
      // Nothing is said about how many may be retried.
      budget: 'off',
    },
  }
}
