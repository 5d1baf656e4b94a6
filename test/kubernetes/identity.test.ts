// Who we are: kubeconfigs, files of tokens, credential plugins, the account of a pod; and what happens when that changes.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ApiClient } from '../../src/kubernetes/api-client.ts'
import { loadIdentity } from '../../src/kubernetes/identity.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { refuse, startFakeApiServer } from '../support/fake-api-server.ts'

const deadlines = new Deadlines({ now: () => 0, wall: () => 0 })

const kubeconfig = (server: string, user: object): string =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    clusters: [{ name: 'k', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
  })

const tokenOf = async (file: string) => {
  const identity = await loadIdentity({ kubeconfig: file, env: {} })
  const { headers } = await identity.access()
  identity.close()
  return headers.authorization
}

t.test('the ways to sign in', async (t) => {
  const folder = t.testdir({ token: 'from-file\n', 'plugin.sh': '#!/bin/sh\necho \'{"status":{"token":"from-plugin"}}\'\n' })
  const file = join(folder, 'config')
  chmodSync(join(folder, 'plugin.sh'), 0o755)
  for (const [user, expected] of [
    [{ token: 'literal' }, 'Bearer literal'],
    [{ tokenFile: 'token' }, 'Bearer from-file'],
    [{ username: 'a', password: 'b' }, 'Basic YTpi'],
    [{ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'plugin.sh') } }, 'Bearer from-plugin'],
    [{}, undefined],
  ] as const) {
    writeFileSync(file, kubeconfig('https://127.0.0.1:1', user))
    t.equal(await tokenOf(file), expected)
  }
})

t.test('the account of a pod', async (t) => {
  const root = t.testdir()
  const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(folder, { recursive: true })
  for (const name of ['token', 'ca.crt']) writeFileSync(join(folder, name), name)
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  const before = { host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT }
  Object.assign(process.env, env)
  t.teardown(() => {
    for (const [name, value] of [
      ['KUBERNETES_SERVICE_HOST', before.host],
      ['KUBERNETES_SERVICE_PORT', before.port],
    ] as const) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  const identity = await loadIdentity({ kubeconfig: null, env, root })
  t.equal(identity.url.href, 'https://[fd00::1]/')
  t.equal((await identity.access()).headers.authorization, 'Bearer token')
  identity.close()
})

t.test('what is wrong is said', async (t) => {
  const folder = t.testdir({ wrong: 'a: [', none: '{}', lost: kubeconfig('https://x', {}).replace('"user":"u"', '"user":"v"') })
  await t.rejects(loadIdentity({ kubeconfig: null, env: {} }), { message: /^nothing says where the API server is/ })
  await t.rejects(loadIdentity({ kubeconfig: join(folder, 'missing'), env: {} }), { message: /missing: ENOENT/ })
  await t.rejects(loadIdentity({ kubeconfig: join(folder, 'wrong'), env: {} }), { message: /wrong: / })
  await t.rejects(loadIdentity({ kubeconfig: join(folder, 'none'), env: {} }), { message: /has no cluster for its context/ })
  await t.rejects(loadIdentity({ kubeconfig: join(folder, 'lost'), env: {} }), { message: /has no user for its context "c"/ })
})

t.test('a credential that is refused is read again, and a kubeconfig that changed', async (t) => {
  const server = await startFakeApiServer(t)
  const other = await startFakeApiServer(t)
  const folder = t.testdir({ token: 'old' })
  const file = join(folder, 'config')
  writeFileSync(file, kubeconfig(server.url, { tokenFile: 'token' }))
  server.intercept = (_query, response) =>
    server.headers.at(-1)?.authorization !== 'Bearer new' && refuse(response, 401, 'Unauthorized')
  const client = new ApiClient({ load: () => loadIdentity({ kubeconfig: file, env: {} }), deadlines })
  t.teardown(() => client.close())
  const ask = () => client.call({ path: '/api/v1/fakes' })
  await t.rejects(ask(), { status: 401, message: 'Unauthorized' })
  writeFileSync(join(folder, 'token'), 'new')
  t.match(await ask(), { kind: 'FakeList' })
  server.close()
  writeFileSync(file, kubeconfig(other.url, { tokenFile: 'token' }))
  await t.rejects(ask(), { message: /ECONNREFUSED|hang up/ })
  t.match(await ask(), { kind: 'FakeList' })
  t.equal(other.asked.length, 1)
})

t.test('a path in front of all paths', async (t) => {
  const server = await startFakeApiServer(t)
  const file = join(t.testdir(), 'config')
  writeFileSync(file, kubeconfig(`${server.url}/k8s/clusters/c1/`, {}))
  let path = ''
  server.intercept = (_query, _response, asked) => {
    path = asked
    return false
  }
  const client = new ApiClient({ load: () => loadIdentity({ kubeconfig: file, env: {} }), deadlines })
  t.teardown(() => client.close())
  await client.call({ path: '/api/v1/fakes' })
  t.equal(path, '/k8s/clusters/c1/api/v1/fakes')
})
