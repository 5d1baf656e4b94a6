// Runs the filters of an exchange: requests in order, responses in reverse, each only as far as the request came.

import type { Exchange } from '../model/exchange.ts'
import type { Filter, FilterChain } from '../model/filter.ts'
import { BODY, type LocalAnswer, type ResponseHead } from '../model/message.ts'
import { problem } from '../model/problem.ts'

/** What goes on when the filters have had their say. */
interface Continuation {
  proceed(x: Exchange): void
  answer(x: Exchange, answer: LocalAnswer, close: boolean): void
}

/** From filter `from` on; returns at once, also when a filter takes its time. */
export function runRequestFilters(proxy: Continuation, x: Exchange, chain: FilterChain, from: number): void {
  const { filters } = chain
  if (!chain.onRequest) x.passed = filters.length
  for (let i = chain.onRequest ? from : filters.length; i < filters.length; i++) {
    const filter = filters[i] as Filter
    if (filter.onRequest !== undefined) {
      let answer: LocalAnswer | null | Promise<LocalAnswer | null>
      try {
        answer = filter.onRequest(x)
      } catch (error) {
        answer = mistake(x, filter, error)
      }
      if (filter.async && answer instanceof Promise) {
        wait(proxy, x, chain, i, answer)
        return
      }
      if (answer !== null) {
        proxy.answer(x, answer as LocalAnswer, false)
        return
      }
    }
    x.passed = i + 1
  }
  proxy.proceed(x)
}

function wait(proxy: Continuation, x: Exchange, chain: FilterChain, index: number, pending: Promise<LocalAnswer | null>): void {
  const goOn = (answer: LocalAnswer | null): void => {
    // The client may have left, or a deadline passed, meanwhile.
    if (x.finished || x.responded) return
    if (answer !== null) proxy.answer(x, answer, false)
    else {
      x.passed = index + 1
      runRequestFilters(proxy, x, chain, index + 1)
    }
  }
  pending.then(goOn, (error) => goOn(mistake(x, chain.filters[index] as Filter, error)))
}

function mistake(x: Exchange, { name }: Filter, error: unknown): LocalAnswer {
  return problem('filter-error', `${name}: ${error instanceof Error ? error.message : String(error)}`, x.listener.detail)
}

/**
 * Lets the filters that the request passed, or the first `upTo` of them, see (and change) `head`; an answer takes the place of the
 * whole response.
 */
export function filterResponse(x: Exchange, chain: FilterChain, head: ResponseHead, upTo = x.passed): LocalAnswer | null {
  const { filters } = chain
  for (let i = upTo - 1; i >= 0; i--) {
    const filter = filters[i] as Filter
    if (filter.onResponse === undefined) continue
    let answer: LocalAnswer | null
    try {
      answer = filter.onResponse(x, head)
    } catch (error) {
      answer = mistake(x, filter, error)
    }
    if (answer === null) continue
    // The filters further out see what is sent in its place.
    return filterLocalAnswer(x, chain, answer, i)
  }
  return null
}

/** The same for an answer made here. */
export function filterLocalAnswer(x: Exchange, chain: FilterChain, answer: LocalAnswer, upTo = x.passed): LocalAnswer {
  const { status, fields, body } = answer
  const head: ResponseHead = { status, phrase: '', fields, body: BODY.LENGTH, length: body.length, dated: false }
  const instead = filterResponse(x, chain, head, upTo)
  return instead ?? { ...answer, status: head.status, fields: head.fields }
}

export function endFilters(x: Exchange, { filters }: FilterChain): void {
  for (let i = 0; i < filters.length && i <= x.passed; i++) {
    try {
      ;(filters[i] as Filter).onEnd?.(x)
    } catch {
      // The exchange is over: there is nobody left to be told, and nothing to be undone.
    }
  }
}
