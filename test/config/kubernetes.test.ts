// `kubernetes` at the top: what it becomes, what implies it, and what contradicts it.

import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const UPSTREAM = 'upstreams:\n  u: { discovery: { kubernetes: { namespace: shop, service: users, port: http } } }\n'

const become = (text: string) => {
  const parsed = parseConfig([{ name: 'f', text }])
  return 'config' in parsed ? parsed.config.kubernetes : parsed.errors.map(formatProblem)
}

t.test('it is off unless it is written or an upstream implies it', async (t) => {
  t.equal(become('listeners: []'), null)
  t.same(become('kubernetes: {}'), { kubeconfig: null, namespaces: [] })
  t.same(become(UPSTREAM), { kubeconfig: null, namespaces: [] })
  t.same(become('kubernetes: { kubeconfig: off, namespaces: [b, a, b] }'), { kubeconfig: null, namespaces: ['a', 'b'] })
})

t.test('a Service outside of the namespaces that are looked at', async (t) => {
  t.same(become(`kubernetes: { namespaces: [other, more] }\n${UPSTREAM}`), [
    'f:3:46: the namespace "shop" is not one of kubernetes.namespaces (more, other)',
  ])
  t.same(become(`kubernetes: { namespaces: [other, shop] }\n${UPSTREAM}`), { kubeconfig: null, namespaces: ['other', 'shop'] })
})

t.test('wrong values', async (t) => {
  t.match(become('kubernetes: { namespaces: ["a/b"] }'), [/^f:1:28: "a\/b" is not the name of a namespace$/])
  t.match(become('kubernetes: { namespaces: all }'), [/^f:1:27: expected a list/])
  t.match(become('kubernetes: { kubeconfig: "" }'), [/this is not the path of a file/])
  t.match(become('kubernetes: { kubeConfig: a }'), [/unknown key "kubeConfig".*did you mean "kubeconfig"/])
})

t.test('labels of endpoints that have none', async (t) => {
  const route = 'routes: [{ name: r, to: [{ upstream: u, labels: { a: b } }] }]\n'
  const { warnings } = parseConfig([{ name: 'f', text: `listeners: [{ name: w, bind: "127.0.0.1:80" }]\n${route}${UPSTREAM}` }])
  t.match(warnings.map(formatProblem), [/endpoints that Kubernetes finds have no labels/])
})

t.test('the path is relative to the file', async (t) => {
  const folder = t.testdir({
    'headgate.yaml': 'kubernetes: { kubeconfig: here/config }',
    'off.yaml': 'kubernetes: { kubeconfig: off }',
  })
  const loaded = await loadConfig(`${folder}/headgate.yaml`)
  t.equal('config' in loaded && loaded.config.kubernetes?.kubeconfig, `${folder}/here/config`)
  const off = await loadConfig(`${folder}/off.yaml`)
  t.equal('config' in off && off.config.kubernetes?.kubeconfig, null)
})
