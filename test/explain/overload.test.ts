// What explain says of a process that is overloaded.

import t from 'tap'
import { normalizeConfig } from '../../src/config/parse.ts'
import { explainRequest } from '../../src/explain/explain.ts'
import { compileOffline } from '../../src/explain/offline.ts'
import { readExplainRequest } from '../../src/explain/read-request.ts'

const route = (priority: string) => ({ name: priority, priority, match: [{ path: { prefix: `/${priority}` } }], to: 'all' })
const parsed = normalizeConfig({
  listeners: [{ name: 'web', bind: '0.0.0.0:80' }],
  routes: ['low', 'normal', 'high'].map(route),
  upstreams: { all: { discovery: { static: ['127.0.0.1:1'] } } },
})
if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
const view = compileOffline(parsed.config, () => 0)

/** The reason of an answer of our own, or the share that is refused, or `served`. */
function told(priority: string, pressure: number): string {
  const request = readExplainRequest({ url: `http://a.test/${priority}` })
  if (typeof request === 'string') throw new Error(request)
  const outcome = explainRequest({ ...view, pressure }, request)
  if (typeof outcome === 'string') throw new Error(outcome)
  const { answer, endpoint, notes } = outcome.explanation
  const note = notes.find((each) => each.includes('refuse'))
  if (answer !== null) return `${answer.status} ${note}`
  return note ?? (endpoint === null ? 'nobody' : 'served')
}

const ALL = '503 overload: all requests to routes of this priority are refused'
const some = (share: number, priority: string): string =>
  `the gateway is overloaded: it refuses ${share}% of the requests to routes of priority ${priority}`

t.test('by priority, the share that is refused', async (t) => {
  const of = (pressure: number) => ['low', 'normal', 'high'].map((priority) => told(priority, pressure))
  t.same(of(0), ['served', 'served', 'served'])
  t.same(of(0.25), [some(25, 'low'), 'served', 'served'])
  t.same(of(1), [ALL, 'served', 'served'])
  t.same(of(1.5), [ALL, some(50, 'normal'), 'served'])
  t.same(of(2.995), [ALL, ALL, some(99, 'high')])
  t.same(of(3), [ALL, ALL, ALL])
})

t.end()
