// The filters of a route as they are, each watched while it runs on an exchange that goes nowhere.

import type { Exchange } from '../model/exchange.ts'
import type { Filter, FilterChain } from '../model/filter.ts'
import { BODY, type LocalAnswer, type ResponseHead } from '../model/message.ts'
import { answerEffect, fieldChanges, requestEffect, requestState } from './effects.ts'

/** One for each filter of the chain; `effect` is '' until something is known. */
export interface WatchedFilter {
  readonly name: string
  request: string
  response: string
  reached: boolean
  readonly looksAtResponses: boolean
}

export interface WatchedChain {
  readonly chain: FilterChain
  readonly seen: readonly WatchedFilter[]
}

export function watchFilters({ filters, onResponse }: FilterChain): WatchedChain {
  const seen = filters.map(
    ({ name, onResponse, explain }): WatchedFilter => ({
      name,
      request: '',
      response: '',
      reached: false,
      looksAtResponses: onResponse !== undefined && explain === undefined,
    }),
  )
  const watched = filters.map((filter, i) => watch(filter, seen[i] as WatchedFilter))
  // Every filter is asked, so that it is known how far the request came; their ends never come.
  return { chain: { filters: watched, onRequest: true, onResponse, onEnd: false }, seen }
}

function watch(filter: Filter, seen: WatchedFilter): Filter {
  const watched: Filter = {
    name: filter.name,
    onRequest(x) {
      seen.reached = true
      return tryRequest(filter, x, seen)
    },
  }
  if (filter.onResponse !== undefined && filter.explain === undefined)
    watched.onResponse = (x, head) => tryResponse(filter, x, head, seen)
  return watched
}

function tryRequest(filter: Filter, x: Exchange, seen: WatchedFilter): LocalAnswer | null {
  if (filter.explain !== undefined) {
    const said = filter.explain(x)
    seen.request = typeof said === 'string' ? said : answerEffect(said)
    return typeof said === 'string' ? null : said
  }
  if (filter.onRequest === undefined) return null
  if (filter.async) {
    seen.request = 'takes its time over the request: not run here'
    return null
  }
  const before = requestState(x)
  let answer: LocalAnswer | null
  try {
    answer = filter.onRequest(x) as LocalAnswer | null
  } catch (error) {
    seen.request = `fails: ${error instanceof Error ? error.message : String(error)}`
    throw error
  }
  seen.request = answer === null ? requestEffect(before, requestState(x)) : answerEffect(answer)
  return answer
}

function tryResponse(filter: Filter, x: Exchange, head: ResponseHead, seen: WatchedFilter): LocalAnswer | null {
  const { status, fields } = head
  const answer = filter.onResponse?.(x, head) ?? null
  const changes = fieldChanges(fields, head.fields)
  if (head.status !== status) changes.unshift(`status becomes ${head.status}`)
  seen.response = answer === null ? changes.join(', ') : answerEffect(answer)
  return answer
}

/** What is tried on response sides when an endpoint would answer: nothing is known of its answer. */
export const bareResponse = (): ResponseHead => ({
  status: 200,
  phrase: '',
  fields: '',
  body: BODY.NONE,
  length: 0,
  dated: false,
})

/** `answered`: by the gateway, so that response sides saw that answer. */
export function effectOf({ request, response, reached, looksAtResponses }: WatchedFilter, answered: boolean): string {
  if (!reached) return 'not reached'
  const onResponse = response === '' ? '' : `${answered ? 'of the answer' : 'of a bare 200 response'}: ${response}`
  return (
    [request, onResponse].filter((part) => part !== '').join('; ') ||
    (looksAtResponses ? 'looks at responses' : 'changes nothing')
  )
}
