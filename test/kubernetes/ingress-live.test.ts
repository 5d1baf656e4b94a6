// Ingresses of a real API server, put into force: requests reach endpoints, wrong objects harm only themselves, and an API server that is
// away harms nobody.

import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { SteadyLoad } from '../supervisor/steady-load.ts'
import { authority } from '../support/certificates.ts'
import { startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { ingress, service, slice } from '../support/kubernetes-objects.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { statusOf } from '../support/status-of.ts'
import { until } from '../support/until.ts'

const CORE = '/api/v1/namespaces/default'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'

interface Said {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

const KUBERNETES = { ingress: { default: true }, leaderElection: { namespace: 'default' }, statusAddress: ['192.0.2.80'] }

async function start(t: Test, kubeconfig: string, more: object = {}) {
  const said: Said[] = []
  const gateway = createGateway(
    {
      admin: { bind: '127.0.0.1:0' },
      listeners: [
        { name: 'web', bind: '127.0.0.1:0' },
        { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: {} },
      ],
      routes: [{ name: 'own', hosts: ['own.test'], filters: [{ respond: { status: 299 } }] }],
      kubernetes: { kubeconfig, ...KUBERNETES },
      ...more,
    } as GatewayConfigInput,
    { log: (level, message, fields = {}) => said.push({ level, message, fields }) },
  )
  t.teardown(() => gateway.close())
  const { listeners, admin } = await gateway.start()
  const web = listeners.web as string
  return { gateway, said, web, secure: listeners.secure as string, admin: admin as string, status: statusOf(web) }
}

const secret = (name: string, cert: string, key: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
})

/** The subject of the certificate that is shown for a name, or why there is none. */
function shown(secure: string, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const { port } = new URL(secure)
    const socket = connect({ port: Number(port), host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

t.test('with a control plane', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const endpoint = await startEndpoint(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.answer('ok')
  }
  const port = Number(endpoint.address.split(':')[1])
  await plane.call('POST', `${CORE}/services`, service('app', [{ name: 'http', port: 80 }], { clusterIP: 'None' }))
  // Loopback addresses are refused as addresses, but not as names.
  const ports = [{ name: 'http', port }]
  await plane.call('POST', SLICES, slice('app-x', 'app', ports, ['127.0.0.1'], { addressType: 'FQDN' }))
  await plane.call('POST', INGRESSES, ingress('first', { host: 'first.test' }))

  t.test('an Ingress comes and goes', async (t) => {
    const { status, gateway, admin } = await start(t, plane.kubeconfig())
    t.equal(await status('first.test'), '200', 'what was there is served from the first moment on')
    t.equal(await status('own.test'), '299', 'and what the file says')
    t.equal((await fetch(`${admin}/ready`)).status, 200)
    await plane.call('POST', INGRESSES, ingress('second', { host: 'second.test' }))
    await until('it is served', async () => (await status('second.test')) === '200')
    const { config } = (await (await fetch(`${admin}/config`)).json()) as { config: { routes: { name: string }[] } }
    t.match(
      config.routes.map(({ name }) => name).sort(),
      [/^ingress\/default\/first\//, /^ingress\/default\/second\//, 'own'],
      'what is in force is shown',
    )
    await until('its status', async () => {
      const found = (await plane.call('GET', `${INGRESSES}/second`)) as {
        status: { loadBalancer: { ingress?: { ip: string }[] } }
      }
      return found.status.loadBalancer.ingress?.[0]?.ip === '192.0.2.80'
    })
    t.match(await gateway.metrics(), /headgate_leader 1\n/)
    await plane.call('DELETE', `${INGRESSES}/second`)
    await until('it is gone', async () => (await status('second.test')) === '404 no-route')
    t.equal(await status('first.test'), '200')
  })

  t.test('a wrong object harms only itself', async (t) => {
    const { status, said, gateway } = await start(t, plane.kubeconfig())
    await plane.call('POST', INGRESSES, ingress('wrong', { host: 'wrong.test', service: 'missing' }))
    await plane.call('POST', INGRESSES, ingress('right', { host: 'right.test' }))
    await until('the right one is served', async () => (await status('right.test')) === '200')
    t.equal(await status('wrong.test'), '500 invalid-reference')
    t.equal(await status('first.test'), '200')
    const lines = () => said.filter(({ fields }) => fields.object === 'default/wrong')
    t.match(lines(), [{ level: 'warn', fields: { kind: 'Ingress', path: /backend/, problem: /missing/ } }], 'once')
    t.match(await gateway.metrics(), /headgate_objects_refused\{kind="Ingress",reason="\w+"\} 1\n/)
    await plane.call('PUT', `${INGRESSES}/wrong`, ingress('wrong', { host: 'wrong.test' }))
    await until('it is mended', async () => (await status('wrong.test')) === '200')
    await until('and told', () => lines().length === 2)
    t.match(lines()[1], { level: 'info', message: /nothing is wrong/ })
    t.notMatch(await gateway.metrics(), /headgate_objects_refused\{/)
    await plane.call('DELETE', `${INGRESSES}/wrong`)
    await plane.call('DELETE', `${INGRESSES}/right`)
  })

  t.test('certificates come from Secrets', async (t) => {
    const ca = authority(t)
    const [good, next] = [1, 2].map((n) => ca.issue({ commonName: `tls-${n}`, sans: ['DNS:tls.test'] }))
    const { secure, said } = await start(t, plane.kubeconfig())
    t.match(await shown(secure, 'tls.test'), /ERR_SSL|ECONNRESET/, 'without any no handshake is made')
    await plane.call('POST', `${CORE}/secrets`, secret('tls', good?.cert ?? '', good?.key ?? ''))
    await plane.call('POST', INGRESSES, ingress('tls', { host: 'tls.test', tls: 'tls' }))
    await until('it is shown', async () => (await shown(secure, 'tls.test')) === 'tls-1')
    await plane.call('PUT', `${CORE}/secrets/tls`, secret('tls', next?.cert ?? '', good?.key ?? ''))
    await until('a pair that does not fit is told', () =>
      said.some(({ fields }) => /tls.key is not/.test(String(fields.problem))),
    )
    t.equal(await shown(secure, 'tls.test'), 'tls-1', 'the last good one stays')
    await plane.call('PUT', `${CORE}/secrets/tls`, secret('tls', next?.cert ?? '', next?.key ?? ''))
    await until('the next one', async () => (await shown(secure, 'tls.test')) === 'tls-2')
    await plane.call('DELETE', `${INGRESSES}/tls`)
  })

  t.test('a reload of the file, and of what is followed', async (t) => {
    const { gateway, status } = await start(t, plane.kubeconfig())
    const config = (kubernetes: object | null, more: object = {}) =>
      ({
        listeners: [
          { name: 'web', bind: '127.0.0.1:0' },
          {
            name: 'secure',
            bind: '127.0.0.1:0',
            protocol: 'https',
            ...(kubernetes === null ? { protocol: 'http' } : { tls: {} }),
          },
        ],
        ...(kubernetes === null ? {} : { kubernetes }),
        ...more,
      }) as GatewayConfigInput
    const followed = { kubeconfig: plane.kubeconfig(), ...KUBERNETES }
    await gateway.apply(config(followed))
    t.equal(await status('own.test'), '404 no-route')
    t.equal(await status('first.test'), '200')
    await gateway.apply(config({ ...followed, ingress: { default: false } }))
    t.equal(await status('first.test'), '404 no-route', 'it names no class')
    await gateway.apply(config({ ...followed, kubeconfig: `${plane.folder}/missing` }))
    t.equal(await status('first.test'), '404 no-route')
    await gateway.apply(config(followed))
    t.equal(await status('first.test'), '200')
    await gateway.apply(config({ ...followed, kubeconfig: `${plane.folder}/missing` }))
    t.equal(await status('first.test'), '200', 'what is not known takes nothing away')
    await gateway.apply(config(null))
    t.equal(await status('first.test'), '404 no-route')
    t.notMatch(await gateway.metrics(), /watch_age_seconds\{/, 'nothing is followed any more')
  })

  t.test('an API server that is killed under load, and one that is not there at the start', async (t) => {
    await plane.call('POST', INGRESSES, ingress('load', { host: 'load.test' }))
    const { web, said, status } = await start(t, plane.kubeconfig())
    const load = new SteadyLoad(web, 2, 5)
    t.teardown(() => load.stop())
    await plane.killApiServer()
    await until('it is missed', () => said.some(({ message }) => message.startsWith('Kubernetes does not answer')))
    const late = await start(t, plane.kubeconfig())
    t.equal(await late.status('own.test'), '299', 'the file is served')
    t.equal(await late.status('first.test'), '404 no-route')
    t.match(await (await fetch(`${late.admin}/ready`)).json(), { why: [/Kubernetes has not told of each Ingress yet/] })
    await plane.startApiServer()
    await plane.call('POST', INGRESSES, ingress('later', { host: 'later.test' }))
    await until('in step within 5 s', async () => (await status('later.test')) === '200', 5000)
    await until('it comes in step too', async () => (await late.status('later.test')) === '200', 5000)
    t.equal((await fetch(`${late.admin}/ready`)).status, 200)
    const result = await load.stop()
    t.ok(result.answered > 100)
    t.same([...result.wrong, ...result.lost.flat()], [])
  })
})
