// What is wrong with objects is told once, and that it is over; metrics say what holds now.

import t from 'tap'
import type { ObjectProblem, ObjectReport } from '../../src/compile/cluster.ts'
import { ObjectReports } from '../../src/supervisor/object-reports.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'

const problem = (message: string, severity: 'refused' | 'differs' = 'refused', reason = 'Wrong'): ObjectProblem => ({
  reason,
  message,
  path: 'spec',
  severity,
})

const report = (name: string, ...problems: ObjectProblem[]): ObjectReport => ({
  object: { kind: 'Ingress', group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', namespace: 'a', name, uid: name },
  problems,
  status: null,
})

function scene() {
  const said: string[] = []
  const stats = new StatsAggregator()
  const reports = new ObjectReports({
    stats,
    log: (level, message, fields = {}) =>
      said.push([level, message, fields.object, fields.problem, fields.more].filter(Boolean).join(' | ')),
  })
  return {
    reports,
    said: () => said.splice(0),
    refused: async () =>
      (await stats.exposition(false)).text.split('\n').filter((line) => line.startsWith('headgate_objects_refused')),
  }
}

t.test('each thing once', async (t) => {
  const { reports, said, refused } = scene()
  const [fine, two] = [report('fine'), report('two', problem('x'), problem('y', 'differs', 'Less'))]
  reports.tell([fine, two])
  t.same(said(), [
    'warn | an object asks for something that is refused | a/two | x',
    'info | an object is served, but not exactly as it asks | a/two | y',
  ])
  t.same(await refused(), ['headgate_objects_refused{kind="Ingress",reason="Wrong"} 1'])
  reports.tell([fine, two])
  reports.tell([report('fine'), report('two', problem('x'), problem('y', 'differs', 'Less'))])
  t.same(said(), [], 'made anew, and the same')
  reports.tell([report('two', problem('z')), report('three', problem('x'), problem('w'), problem('v', 'refused', 'Other'))])
  t.same(said().length, 4)
  t.same(await refused(), [
    'headgate_objects_refused{kind="Ingress",reason="Wrong"} 2',
    'headgate_objects_refused{kind="Ingress",reason="Other"} 1',
  ])
  reports.tell([report('two')])
  t.same(said(), ['info | nothing is wrong with an object any more | a/two'], 'of what is gone nothing')
  t.same(await refused(), [])
})

t.test('a mistake that many objects share', async (t) => {
  const { reports, said, refused } = scene()
  reports.tell(Array.from({ length: 3000 }, (_, i) => report(`i${i}`, problem('x'))))
  const lines = said()
  t.equal(lines.length, 101)
  t.equal(lines.at(-1), 'warn | more objects have problems than are named here | 2900')
  t.same(await refused(), ['headgate_objects_refused{kind="Ingress",reason="Wrong"} 3000'])
})
