// The `tests` of a configuration: asked of what it compiles to, before anybody serves it.

import type { GatewayConfig, TestConfig } from '../config/model.ts'
import { type Finding, finding } from '../config/problem.ts'
import type { ExplainRequest } from '../model/explanation.ts'
import { fieldValues } from './effects.ts'
import { type ExplainView, explainRequest, type Outcome } from './explain.ts'
import { compileOffline } from './offline.ts'
import { seeded } from './seeded.ts'

/** Failures that are told with the routes that were close; looking at them takes time. */
const MAX_TOLD = 20
/** Of those routes. */
const MAX_CLOSE = 3

/** One finding for each test that fails, at its place. */
export function runConfigTests(config: GatewayConfig): Finding[] {
  if (config.tests.length === 0) return []
  const view = compileOffline(config, seeded(1))
  const failures: Finding[] = []
  for (const [index, test] of config.tests.entries()) {
    const why = failureOf(view, test)
    if (why === null) continue
    const close = failures.length < MAX_TOLD ? closeRoutes(view, test) : ''
    const title = test.name === null ? '' : ` "${test.name}"`
    failures.push(finding(['tests', index], `the test${title} fails: ${why}${close}`))
  }
  return failures
}

/** null = it holds, for some upstream of the route's list. */
function failureOf(view: ExplainView, test: TestConfig): string | null {
  const first = ask(view, test, null)
  if (typeof first === 'string') return first
  let why = mismatch(test, first)
  for (let choice = 0; why !== null && first.choices > 1 && choice < first.choices; choice++) {
    const outcome = ask(view, test, choice) as Outcome
    if (mismatch(test, outcome) === null) why = null
  }
  return why
}

function ask(view: ExplainView, test: TestConfig, choice: number | null): Outcome | string {
  return explainRequest(view, requestOf(test), { choice, others: false })
}

function requestOf({ request: { method, url, headers } }: TestConfig): ExplainRequest {
  return { method, url, headers: Object.entries(headers), listener: null, client: null, seed: 1 }
}

function mismatch({ expect }: TestConfig, { explanation, answer }: Outcome): string | null {
  const { route, upstream } = explanation
  if (expect.route !== null && route !== expect.route)
    return `expected route ${expect.route}, got ${route ?? `none (${outcomeWords(explanation)})`}`
  if (expect.upstream !== null && upstream !== expect.upstream)
    return `expected upstream ${expect.upstream}, got ${upstream ?? `none (${outcomeWords(explanation)})`}`
  if (expect.status !== null && answer?.status !== expect.status)
    return `expected status ${expect.status}, got ${outcomeWords(explanation)}`
  const fields = answer === null ? null : fieldValues(answer.fields)
  for (const [name, value] of Object.entries(expect.headers)) {
    if (fields === null) return `expected ${name}: ${value} in an answer made here, got ${outcomeWords(explanation)}`
    const found = fields[name.toLowerCase()]
    if (found !== value) return `expected ${name}: ${value}, got ${found === undefined ? 'no such field' : found}`
  }
  return null
}

function outcomeWords({ answer, upstream, notes }: Outcome['explanation']): string {
  if (answer === null) return `an answer of upstream ${upstream}`
  const detail = answer.reason === null ? undefined : notes.find((note) => note.startsWith(`${answer.reason}: `))
  return `${answer.status}${answer.reason === null ? '' : `, ${detail ?? answer.reason}`}`
}

/** Why the routes that were close were not taken. */
function closeRoutes(view: ExplainView, test: TestConfig): string {
  if (test.expect.route === null) return ''
  const outcome = explainRequest(view, requestOf(test), { choice: null, others: true })
  if (typeof outcome === 'string') return ''
  const { considered } = outcome.explanation
  const expected = considered.find(({ route }) => route === test.expect.route)
  const told = expected === undefined ? considered.slice(0, MAX_CLOSE) : [expected]
  return told.map(({ route, why }) => `; ${route}: ${why}`).join('')
}
