// Holds what happened against what a case expects; every difference is one line of text.

import type { CorpusCase, Expect, Wanted } from './case.ts'
import type { RawClient } from './client.ts'
import { canonicalComplaints, localErrorComplaints, responseComplaints } from './invariants.ts'
import type { SeenRequest } from './request-splitter.ts'
import type { SeenResponse } from './response-reader.ts'
import { valuesOf } from './wire.ts'

/** What the origins and the client saw of one case. */
export interface Outcome {
  readonly client: RawClient
  /** By origin name, in order of arrival. */
  readonly requests: ReadonlyMap<string, readonly SeenRequest[]>
  /** Bytes of unfinished heads at any origin. */
  readonly strayBytes: string
  /** Origin connections that hold an unfinished request and are still open. */
  readonly heldOpen: number
}

/** How many responses end the case when the connection stays open. */
export function responsesWanted(expect: Expect): number {
  if (expect.kind === 'refused') return expect.answered.length + 1
  return expect.kind === 'forwarded' ? expect.requests.length : 1
}

/** Whether the connection has to end. */
export const mustClose = (expect: Expect): boolean =>
  expect.kind === 'refused' || expect.kind === 'aborted' || (expect.kind === 'forwarded' && expect.closes === true)

function compareRequest(wanted: Wanted, seen: SeenRequest): string[] {
  const problems: string[] = []
  const differ = (what: string, got: unknown, want: unknown): void => {
    if (got !== want) problems.push(`origin got ${what} ${JSON.stringify(got)}, wanted ${JSON.stringify(want)}`)
  }
  if (!seen.complete) problems.push('the origin got an unfinished request')
  differ('method', seen.method, wanted.method ?? 'GET')
  differ('target', seen.target, wanted.target ?? '/')
  if (wanted.host !== null) differ('host', valuesOf(seen.fields, 'host').join(), wanted.host ?? 'a')
  for (const [name, value] of Object.entries(wanted.has ?? {})) differ(name, valuesOf(seen.fields, name).join(' | '), value)
  for (const name of wanted.hasNot ?? []) differ(name, valuesOf(seen.fields, name).length, 0)
  const all = [seen.head, ...seen.reader.trailers.map((field) => `${field.name}: ${field.value}`)].join('\n')
  if (wanted.without !== undefined && all.includes(wanted.without))
    problems.push(`origin got ${JSON.stringify(wanted.without)}`)
  const body = wanted.body ?? ''
  if (seen.reader.body !== body) {
    problems.push(
      `origin got a body of ${seen.reader.body.length} bytes (${JSON.stringify(seen.reader.body.slice(0, 60))}), wanted ${body.length}`,
    )
  }
  return problems
}

/** Each wanted exchange beside what the origins and the client saw of it. */
function compareExchanges(wanted: readonly Wanted[], outcome: Outcome, scripted: boolean): string[] {
  const problems: string[] = []
  const next = new Map<string, number>()
  const { responses } = outcome.client.reader
  for (const [at, want] of wanted.entries()) {
    const response = responses[at]
    if (response?.complete !== true) problems.push(`response ${at + 1} is ${response === undefined ? 'missing' : 'unfinished'}`)
    else if (response.status !== (want.status ?? 200))
      problems.push(`response ${at + 1} has ${response.status}, wanted ${want.status ?? 200}`)
    if (want.origin === null) {
      if (response !== undefined && response.status >= 400) problems.push(...localErrorComplaints(response.fields))
      continue
    }
    const name = want.origin ?? 'main'
    const index = next.get(name) ?? 0
    next.set(name, index + 1)
    const seen = outcome.requests.get(name)?.[index]
    if (seen === undefined) {
      problems.push(`I3: request ${at + 1} is not at origin ${name}`)
      continue
    }
    problems.push(...compareRequest(want, seen))
    if (scripted || response === undefined || seen.method === 'HEAD') continue
    if (response.body !== `${seen.method} ${seen.target}`) {
      problems.push(`I3: response ${at + 1} belongs to another request: ${JSON.stringify(response.body.slice(0, 60))}`)
    }
  }
  for (const [name, requests] of outcome.requests) {
    const extra = requests.length - (next.get(name) ?? 0)
    if (extra > 0)
      problems.push(`I1/I3: ${extra} more requests at origin ${name}: ${JSON.stringify(requests.at(-1)?.head.slice(0, 80))}`)
  }
  return problems
}

function compareEnd(client: RawClient, statuses: readonly number[], before: number, silent: boolean): string[] {
  const problems: string[] = []
  const { responses } = client.reader
  const last: SeenResponse | undefined = responses[before]
  if (responses.length > before + 1) problems.push(`I3: ${responses.length} responses, wanted ${before + 1}`)
  if (last === undefined) {
    if (!silent)
      problems.push(`no answer (${client.closed ? `closed ${client.failure}` : 'still open'}), wanted ${statuses.join('/')}`)
  } else {
    if (!statuses.includes(last.status)) problems.push(`answered ${last.status}, wanted ${statuses.join('/')}`)
    if (!last.complete) problems.push('the answer is unfinished')
    if (!last.closes) problems.push('the answer has no connection: close')
    problems.push(...localErrorComplaints(last.fields))
  }
  if (!client.closed) problems.push('I4: the connection is still open')
  return problems
}

function judgeOne(expect: Expect, outcome: Outcome, scripted: boolean): string[] {
  const { client } = outcome
  const all = [...outcome.requests.values()].flat()
  const stray =
    outcome.strayBytes === '' ? [] : [`I1: stray bytes at an origin: ${JSON.stringify(outcome.strayBytes.slice(0, 80))}`]
  const held = outcome.heldOpen > 0 ? ['I4: the origin connection of an unfinished request is still open'] : []
  if (expect.kind === 'refused') {
    const good = compareExchanges(expect.answered, outcome, scripted)
    return [...good, ...compareEnd(client, expect.status, expect.answered.length, expect.silent), ...stray]
  }
  if (expect.kind === 'aborted') {
    const whole = all
      .filter((request) => request.complete)
      .map((request) => `the origin got it whole: ${JSON.stringify(request.head)}`)
    return [...whole, ...compareEnd(client, expect.status, 0, expect.silent), ...held]
  }
  if (expect.kind === 'early') {
    const { responses } = client.reader
    const problems = held.slice()
    if (responses.length !== 1 || responses[0]?.complete !== true) problems.push(`${responses.length} responses, wanted one`)
    else if (!expect.status.includes(responses[0].status))
      problems.push(`answered ${responses[0].status}, wanted ${expect.status.join('/')}`)
    if (all.length !== 1) problems.push(`I3: ${all.length} requests at the origins, wanted one`)
    return [...problems, ...stray]
  }
  if (expect.kind === 'local') {
    const answer = client.reader.responses[0]
    const problems = compareExchanges([{ origin: null, status: expect.status[0] ?? 200 }], outcome, scripted)
    for (const name of expect.has) {
      if (answer !== undefined && valuesOf(answer.fields, name).length === 0) problems.push(`the answer has no ${name}`)
    }
    return [...problems, ...stray]
  }
  const problems = [...compareExchanges(expect.requests, outcome, scripted), ...stray]
  const extra = client.reader.responses.length - expect.requests.length
  if (extra > 0) problems.push(`I3: ${extra} more responses than requests`)
  if (expect.closes === true && !client.closed) problems.push('the connection is still open')
  if (expect.closes === false && client.closed) problems.push('the connection was closed')
  return problems
}

/** All that is wrong with how a case went; of several expectations the one that fits best speaks. */
export function judge(entry: CorpusCase, outcome: Outcome): string[] {
  const expects = 'kind' in entry.expect ? [entry.expect] : entry.expect
  const verdicts = expects.map((expect) => judgeOne(expect, outcome, entry.origin !== undefined))
  const best = verdicts.reduce((a, b) => (b.length < a.length ? b : a))
  const { reader } = outcome.client
  const problems = [...best]
  for (const request of [...outcome.requests.values()].flat()) problems.push(...canonicalComplaints(request))
  for (const response of [...reader.interim, ...reader.responses]) problems.push(...responseComplaints(response))
  if (reader.rest !== '') problems.push(`I3: bytes that are no response: ${JSON.stringify(reader.rest.slice(0, 80))}`)
  if (entry.interim !== undefined) {
    const got = reader.interim.map((response) => response.status)
    if (got.join() !== entry.interim.join()) problems.push(`interim answers ${got.join()}, wanted ${entry.interim.join()}`)
  }
  const last = reader.responses.at(-1)
  for (const [name, value] of Object.entries(entry.response ?? {})) {
    const got = valuesOf(last?.fields ?? [], name)
    if (got.join(' | ') !== (value ?? ''))
      problems.push(`the client got ${name} ${JSON.stringify(got)}, wanted ${JSON.stringify(value)}`)
  }
  return problems
}
