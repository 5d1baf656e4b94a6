// Holds what a client got of an origin's answer against what a case of corpus 2.7 expects.

import type { ResponseCase, ResponseExpect } from './cases/responses.ts'
import type { RawClient } from './client.ts'
import { localErrorComplaints, responseComplaints } from './invariants.ts'
import { valuesOf } from './wire.ts'

/** What is known when a case is over. */
export interface ResponseOutcome {
  readonly client: RawClient
  /** Origin connections that carried the case and are still open. */
  readonly open: number
}

function judgeOne(expect: ResponseExpect, { client, open }: ResponseOutcome): string[] {
  const problems: string[] = []
  const { responses, interim, rest } = client.reader
  const response = responses[0]
  if (responses.length > 1) problems.push(`I3: ${responses.length} responses to one request`)
  if (expect.kind === 'cut' && client.closed && (response === undefined || !response.complete)) {
    return open > 0 ? [...problems, 'the origin connection is still open'] : problems
  }
  if (response === undefined) return [...problems, `no answer (${client.closed ? `closed ${client.failure}` : 'still open'})`]
  if (rest !== '') problems.push(`bytes that are no response: ${JSON.stringify(rest.slice(0, 60))}`)
  problems.push(...responseComplaints(response))
  if (!response.complete) problems.push('the answer is unfinished')
  if (expect.kind !== 'passed') {
    if (!expect.status.includes(response.status))
      problems.push(`the client got a whole ${response.status}, wanted ${expect.status.join('/')}`)
    problems.push(...localErrorComplaints(response.fields))
    if (open > 0) problems.push('the origin connection is still open')
    return problems
  }
  if (response.status !== expect.status) problems.push(`the client got ${response.status}, wanted ${expect.status}`)
  if (expect.body !== undefined && response.body !== expect.body)
    problems.push(`body ${JSON.stringify(response.body.slice(0, 60))}`)
  if (expect.reason !== undefined && response.reason !== expect.reason)
    problems.push(`reason ${JSON.stringify(response.reason.slice(0, 60))}`)
  for (const [name, value] of Object.entries(expect.has ?? {})) {
    const got = valuesOf(response.fields, name)
    if (got.join(' | ') !== (value ?? ''))
      problems.push(`the client got ${name} ${JSON.stringify(got)}, wanted ${JSON.stringify(value)}`)
  }
  for (const early of interim) problems.push(...responseComplaints(early))
  if (expect.interim !== undefined && interim.map((early) => early.status).join() !== expect.interim.join()) {
    problems.push(`interim answers ${interim.map((early) => early.status).join()}, wanted ${expect.interim.join()}`)
  }
  if (expect.pooled === false && open > 0) problems.push('the origin connection is still open')
  if (expect.pooled === true && open === 0) problems.push('the origin connection was closed')
  if (expect.closes === true && !client.closed) problems.push('the client connection is still open')
  return problems
}

/** All that is wrong with how a case went; of several expectations the one that fits best speaks. */
export function judgeResponse(entry: ResponseCase, outcome: ResponseOutcome): string[] {
  const expects = 'kind' in entry.expect ? [entry.expect] : entry.expect
  return expects.map((expect) => judgeOne(expect, outcome)).reduce((a, b) => (b.length < a.length ? b : a))
}
