// Which upstreams are told when objects change, and how names outside are followed.

import { Agent } from 'node:http'
import t, { type Test } from 'tap'
import { ApiClient } from '../../src/kubernetes/api-client.ts'
import { EndpointDiscovery } from '../../src/kubernetes/endpoint-discovery.ts'
import { Informers } from '../../src/kubernetes/informers.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { FakeApiServer } from '../support/fake-api-server.ts'
import { service, slice } from '../support/kubernetes-objects.ts'
import { until } from '../support/until.ts'

const HTTP = [{ name: 'http', port: 80 }]

/** Two fakes, one for each kind, behind one address. */
async function scene(t: Test) {
  const services = new FakeApiServer()
  const slices = new FakeApiServer()
  await Promise.all([services.start(), slices.start()])
  const agent = new Agent()
  const deadlines = new Deadlines({ now: () => performance.now(), wall: () => 0 })
  const to = (url: string) => ({
    url: new URL(url),
    access: async () => ({ agent, headers: {} }),
    stale: () => false,
    close: () => {},
  })
  const clients = [services, slices].map(({ url }) => new ApiClient({ load: async () => to(url), deadlines }))
  const client = {
    stream: (request: { path: string }, ...rest: never[]) =>
      (clients[request.path.includes('endpointslices') ? 1 : 0] as ApiClient).stream(
        request as never,
        ...(rest as unknown as [never]),
      ),
    call: (request: { path: string }) =>
      (clients[request.path.includes('endpointslices') ? 1 : 0] as ApiClient).call(request as never),
    close: () => {},
  } as unknown as ApiClient
  const informers = new Informers(client, [], { deadlines, random: () => 0, log: () => {} })
  const names: string[] = []
  const discovery = new EndpointDiscovery({
    informers,
    zone: null,
    followName(name, port, publish) {
      names.push(`${name}:${port}`)
      publish([{ address: `1.1.1.1:${port}`, weight: 1 }])
      return () => names.push(`not ${name}:${port}`)
    },
  })
  t.teardown(() => {
    informers.stop()
    agent.destroy()
    services.close()
    slices.close()
  })
  const put = (server: FakeApiServer, object: object) => {
    const { metadata } = object as { metadata: { name: string; namespace: string } }
    const key = `${metadata.namespace}/${metadata.name}`
    const full = { ...object, metadata: { ...metadata, resourceVersion: String(++server.version) } }
    const type = server.objects.has(key) ? 'MODIFIED' : 'ADDED'
    server.objects.set(key, full as never)
    server.send({ type, object: full })
  }
  const follow = (name: string, port: string | number = 'http', namespace = 'default') => {
    const told: string[] = []
    const stop = discovery.watch(
      { namespace, service: name, port },
      (endpoints, trouble = '') => told.push([...endpoints.map(({ address }) => address), trouble].join(' ').trim()),
      (reason) => told.push(`failed ${reason}`),
    )
    return { told, stop }
  }
  const watching = () => until('they watch', () => services.open + slices.open === 2)
  return { services, slices, put, follow, names, watching }
}

t.test('only what changed is told, once for what changes together', async (t) => {
  const { services, slices, put, follow, watching } = await scene(t)
  for (const name of ['one', 'two']) {
    put(services, service(name, HTTP))
    put(slices, slice(`${name}-a`, name, [{ name: 'http', port: 1 }], [`10.0.0.${name.length}`]))
  }
  const one = follow('one')
  const two = follow('two')
  const none = follow('none')
  await until('all were told', () => one.told.length + two.told.length + none.told.length === 3)
  t.same([one.told, two.told, none.told], [['10.0.0.3:1'], ['10.0.0.3:1'], ['the Service default/none does not exist']])
  const late = follow('one')
  t.same(late.told, ['10.0.0.3:1'], 'at once')
  await watching()
  put(slices, slice('one-a', 'one', [{ name: 'http', port: 1 }], ['10.0.0.9']))
  put(slices, slice('one-b', 'one', [{ name: 'http', port: 1 }], ['10.0.0.8']))
  await until('it is told', () => one.told.at(-1) === '10.0.0.8:1 10.0.0.9:1')
  t.equal(two.told.length, 1)
  // A slice that changes its Service is taken from the one and given to the other.
  put(slices, slice('one-b', 'two', [{ name: 'http', port: 1 }], ['10.0.0.8']))
  await until('both are told', () => two.told.length === 2)
  t.equal(one.told.at(-1), '10.0.0.9:1')
  t.equal(two.told.at(-1), '10.0.0.3:1 10.0.0.8:1')
  late.stop()
  const { length } = late.told
  put(services, service('one', [{ name: 'other', port: 80 }]))
  await until('it is told', () => /has no port http; it has other \(80\)/.test(one.told.at(-1) ?? ''))
  t.equal(late.told.length, length)
  for (const { stop } of [one, two, none]) stop()
  await until('nobody watches', () => services.open + slices.open === 0)
  const again = follow('two')
  await until('anew', () => again.told.length === 1)
  t.same(again.told, ['10.0.0.3:1 10.0.0.8:1'])
})

t.test('an ExternalName is followed, until it is none', async (t) => {
  const { services, put, follow, names, watching } = await scene(t)
  const external = (name: string, ports: typeof HTTP) => service('out', ports, { type: 'ExternalName', externalName: name })
  put(services, external('Out.Example.', HTTP))
  const { told, stop } = follow('out')
  await until('told', () => told.length === 1)
  t.same([told, names], [['1.1.1.1:80'], ['out.example:80']])
  await watching()
  put(services, external('out.example', HTTP))
  put(services, external('other.example', HTTP))
  await until('another name', () => told.length === 2)
  t.same(names, ['out.example:80', 'not out.example:80', 'other.example:80'])
  put(services, external('other.example', []))
  await until('no port', () => told.length === 3)
  t.match(told.at(-1), /is an ExternalName without a port http$/)
  const numbered = follow('out', 8080)
  t.same(numbered.told, ['1.1.1.1:8080'])
  put(services, service('out', HTTP))
  await until('none any more', () => told.length === 4)
  t.same(names.slice(3), ['not other.example:80', 'other.example:8080', 'not other.example:8080'])
  stop()
})
