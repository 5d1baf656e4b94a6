// Many HTTPRoutes: how long the first configuration and one change take. A real API server (KUBEBUILDER_ASSETS, with the CRDs of the
// Gateway API in it). `node bench/kubernetes/http-routes.ts [--routes 5000] [--changes 20] [--workers 2]`.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { service, slice } from '../../test/support/kubernetes-objects.ts'
import { answering } from './answering.ts'
import { startGateway } from './gateway.ts'
import { inParallel, percentiles, timed } from './measure.ts'
import { surroundings } from './surroundings.ts'
import { Watching } from './watching.ts'

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '5000' },
    changes: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    port: { type: 'string', default: '18980' },
  },
})
const COUNT = Number(values.routes)
const WORKERS = Number(values.workers)
const PORT = Number(values.port)
const PAUSE_MS = 300
const CORE = '/api/v1/namespaces/default'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const API = '/apis/gateway.networking.k8s.io/v1'
const ROUTES = `${API}/namespaces/default/httproutes`

const agents = Array.from({ length: 4 * WORKERS }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
const { plane, folder, teardowns, end } = await surroundings()
try {
  await measure()
} finally {
  await end()
}

async function measure(): Promise<void> {
  const assets = process.env.KUBEBUILDER_ASSETS as string
  execFileSync(
    join(assets, 'kubectl'),
    ['--kubeconfig', plane.kubeconfig(), 'apply', '--server-side', '-f', join(assets, 'gateway-api-standard.yaml')],
    { stdio: 'ignore' },
  )
  const [a, b] = [await answering('a'), await answering('b')]
  teardowns.push(a.close, b.close)
  for (const [name, { port }] of Object.entries({ a, b })) {
    await plane.call('POST', `${CORE}/services`, service(name, [{ name: 'http', port: 80 }], { clusterIP: 'None' }))
    const addresses = ['127.0.0.2', '127.0.0.3']
    await plane.call('POST', SLICES, slice(`${name}-x`, name, [{ name: 'http', port }], addresses, { addressType: 'FQDN' }))
  }
  const version = 'gateway.networking.k8s.io/v1'
  await plane.call('POST', `${API}/gatewayclasses`, {
    apiVersion: version,
    kind: 'GatewayClass',
    metadata: { name: 'headgate' },
    spec: { controllerName: 'headgate.dev/gateway' },
  })
  await plane.call('POST', `${API}/namespaces/default/gateways`, {
    apiVersion: version,
    kind: 'Gateway',
    metadata: { name: 'edge', namespace: 'default' },
    spec: { gatewayClassName: 'headgate', listeners: [{ name: 'http', port: PORT, protocol: 'HTTP' }] },
  })
  const all = Array.from({ length: COUNT }, (_, i) => i)
  await timed(`${COUNT} HTTPRoutes made`, () =>
    inParallel(all, (i) => plane.call('POST', ROUTES, route(i, 'a')).then(() => {})),
  )
  const file = join(folder, 'headgate.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      admin: 'off',
      listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
      kubernetes: {
        kubeconfig: plane.kubeconfig(),
        gatewayApi: { addresses: { shared: ['127.0.0.1'] } },
        leaderElection: { namespace: 'default', name: 'headgate' },
      },
    }),
  )
  const gateway = await timed('from the start of the process to the ready line', () => startGateway(file, WORKERS))
  teardowns.push(() => gateway.stop())
  await timed('the last HTTPRoute answers', () => answers('a', `h${COUNT - 1}.test`))
  const said = () => `supervisor ${gateway.residentMiB()} MiB, at most ${gateway.residentMiB('VmHWM')} MiB`
  console.log(said())
  await timed('the last HTTPRoute has its status', async () => {
    for (;;) {
      const { status } = (await plane.call('GET', `${ROUTES}/r${COUNT - 1}`)) as { status?: { parents?: unknown[] } }
      if ((status?.parents?.length ?? 0) > 0) return
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })
  const watching = new Watching(plane, ROUTES)
  teardowns.push(() => watching.stop())
  await watching.begun
  const waits: number[] = []
  for (let n = 0; n < Number(values.changes); n++) {
    const i = (n * 7) % COUNT
    for (const to of ['b', 'a'] as const) {
      const seen = watching.next(`r${i}`)
      const live = answers(to, `h${i}.test`)
      const { metadata } = (await plane.call('GET', `${ROUTES}/r${i}`)) as { metadata: { resourceVersion: string } }
      await plane.call('PUT', `${ROUTES}/r${i}`, route(i, to, metadata.resourceVersion))
      waits.push(Math.max(0, (await live) - (await seen)))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  console.log(`one HTTPRoute changed, watch event to all workers (ms): ${percentiles(waits)}`)
  console.log(said())
}

/** Resolves with the time at which each of four connections for a worker got `body`. */
async function answers(body: string, host: string): Promise<number> {
  await Promise.all(
    agents.map(async (agent) => {
      while ((await ask(agent, host)) !== body) await new Promise((resolve) => setTimeout(resolve, 4))
    }),
  )
  return performance.now()
}

function ask(agent: Agent, host: string): Promise<string> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port: PORT, agent, headers: { host } }, (response) => {
      let text = ''
      response.on('data', (piece) => {
        text += piece
      })
      response.on('end', () => resolve(text))
    }).on('error', () => resolve(''))
  })
}

function route(i: number, to: 'a' | 'b', resourceVersion?: string): object {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: `r${i}`, namespace: 'default', resourceVersion },
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: [`h${i}.test`],
      rules: [{ backendRefs: [{ name: to, port: 80 }] }],
    },
  }
}
