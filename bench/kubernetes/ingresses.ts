// Many Ingresses: how long the first configuration and one change take, and what churn and an API server that is away do to requests.
// A real API server (KUBEBUILDER_ASSETS). `node bench/kubernetes/ingresses.ts [--ingresses 2000] [--endpoints 10] [--changes 30]
// [--churn 60] [--outage 60] [--workers 2]`; churn and outage in seconds, 0 = left out.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SteadyLoad } from '../../test/supervisor/steady-load.ts'
import { service, slice } from '../../test/support/kubernetes-objects.ts'
import { answering } from './answering.ts'
import { startGateway } from './gateway.ts'
import { inParallel, percentiles, timed } from './measure.ts'
import { surroundings } from './surroundings.ts'
import { Watching } from './watching.ts'

const { values } = parseArgs({
  options: {
    ingresses: { type: 'string', default: '2000' },
    endpoints: { type: 'string', default: '10' },
    changes: { type: 'string', default: '30' },
    churn: { type: 'string', default: '60' },
    outage: { type: 'string', default: '60' },
    workers: { type: 'string', default: '2' },
  },
})
const COUNT = Number(values.ingresses)
const WORKERS = Number(values.workers)
/** So many that every worker has some. */
const CONNECTIONS = 4 * WORKERS
const PER_SECOND = 100
const PAUSE_MS = 300
const CORE = '/api/v1/namespaces/default'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'

const { plane, folder, teardowns, end } = await surroundings()
try {
  await measure()
} finally {
  await end()
}

async function measure(): Promise<void> {
  const [a, b] = [await answering('a'), await answering('b')]
  teardowns.push(a.close, b.close)
  // Loopback addresses are refused as addresses, but not as names.
  const addresses = Array.from({ length: Number(values.endpoints) }, (_, i) => `127.0.0.${i + 2}`)
  const all = Array.from({ length: COUNT }, (_, i) => i)
  await timed(`${COUNT} Services of ${addresses.length} endpoints, ${COUNT} Ingresses made`, () =>
    inParallel([...all, COUNT], async (i) => {
      const ports = [{ name: 'http', port: i === COUNT ? b.port : a.port }]
      await plane.call('POST', `${CORE}/services`, service(`s${i}`, [{ name: 'http', port: 80 }], { clusterIP: 'None' }))
      await plane.call('POST', SLICES, slice(`s${i}-x`, `s${i}`, ports, addresses, { addressType: 'FQDN' }))
      await plane.call('POST', INGRESSES, ingress(i, i))
    }),
  )
  const file = join(folder, 'headgate.yaml')
  writeFileSync(file, JSON.stringify(configOf()))
  const gateway = await timed('first configuration, from the start of the process to the ready line', () =>
    startGateway(file, WORKERS),
  )
  teardowns.push(() => gateway.stop())
  const said = () => `supervisor ${gateway.residentMiB()} MiB, at most ${gateway.residentMiB('VmHWM')} MiB`
  await timed('the last Ingress answers', () => gateway.answers(CONNECTIONS, '/', 'a', `h${COUNT - 1}.test`))
  console.log(said())

  await timed('every Ingress has its status', () => statuses(all))

  const watching = new Watching(plane, INGRESSES)
  teardowns.push(() => watching.stop())
  await watching.begun
  const waits: number[] = []
  for (let n = 0; n < Number(values.changes); n++) {
    const i = (n * 7) % COUNT
    for (const to of [COUNT, i]) {
      const seen = watching.next(`i${i}`)
      const live = gateway.answers(CONNECTIONS, '/', to === i ? 'a' : 'b', `h${i}.test`)
      await plane.call('PUT', `${INGRESSES}/i${i}`, ingress(i, to))
      waits.push(Math.max(0, (await live) - (await seen)))
      // One by one: what the last one brought (its status) is over.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  console.log(`one Ingress changed, watch event to all workers (ms): ${percentiles(waits)}`)
  console.log(said())

  if (Number(values.churn) > 0) await churn()
  if (Number(values.outage) > 0) await outage()

  async function statuses(left: readonly number[]): Promise<void> {
    for (const i of left.toReversed()) {
      for (;;) {
        const { status } = (await plane.call('GET', `${INGRESSES}/i${i}`)) as { status: { loadBalancer: object } }
        if (Object.keys(status.loadBalancer).length > 0) break
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }

  /** Ingresses, Services and EndpointSlices come, go and change; `load.test` stays as it is. */
  async function churn(): Promise<void> {
    const load = new SteadyLoad(gateway.web, 4, 5)
    const before = gateway.cpuSeconds()
    const began = performance.now()
    let made = 0
    let late = 0
    const pending = new Set<Promise<void>>()
    while (performance.now() - began < Number(values.churn) * 1000) {
      const due = Math.floor(((performance.now() - began) / 1000) * PER_SECOND)
      for (; made < due; made++) {
        if (pending.size >= 64) late++
        const change: Promise<void> = churnOnce(made).finally(() => pending.delete(change))
        pending.add(change)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await Promise.all(pending)
    const seconds = (performance.now() - began) / 1000
    await plane.call('PUT', `${INGRESSES}/i1`, ingress(1, COUNT))
    const live = await gateway.answers(CONNECTIONS, '/', 'b', 'h1.test')
    const { supervisor, workers } = gateway.cpuSeconds()
    const { answered, wrong, lost } = await load.stop()
    console.log(
      `churn: ${made} changes in ${seconds.toFixed(1)} s (${late} while 64 were under way), last one live ${(live - began - seconds * 1000).toFixed(0)} ms after it`,
    )
    console.log(
      `  requests on an untouched route: ${answered} answered, ${wrong.length} wrong, ${lost.flat().length} connections lost ${[...wrong, ...lost.flat()].slice(0, 3)}`,
    )
    console.log(
      `  CPU: supervisor ${(((supervisor - before.supervisor) / seconds) * 100).toFixed(0)} %, workers ${(((workers - before.workers) / seconds) * 100).toFixed(0)} % of a core`,
    )
    console.log(`  ${said()}`)
  }

  async function churnOnce(n: number): Promise<void> {
    // The first hundred stay, `h1.test` among them.
    const i = 100 + ((n * 7919) % (COUNT - 100))
    const path = `${INGRESSES}/churn-${n % 50}`
    try {
      if (n % 4 === 0) await plane.call('PUT', `${INGRESSES}/i${i}`, ingress(i, n % 8 === 0 ? COUNT : i))
      else if (n % 4 === 1) {
        const port = n % 8 === 1 ? b.port : a.port
        await plane.call(
          'PUT',
          `${SLICES}/s${i}-x`,
          slice(`s${i}-x`, `s${i}`, [{ name: 'http', port }], addresses, { addressType: 'FQDN' }),
        )
      } else if (n % 4 === 2) await plane.call('POST', INGRESSES, ingress(`churn-${n % 50}`, i))
      else await plane.call('DELETE', path.replace(`churn-${n % 50}`, `churn-${(n - 1) % 50}`))
    } catch (error) {
      if (!/ 40[49] /.test((error as Error).message)) throw error
    }
  }

  async function outage(): Promise<void> {
    const load = new SteadyLoad(gateway.web, 4, 5)
    await plane.killApiServer()
    await new Promise((resolve) => setTimeout(resolve, Number(values.outage) * 1000))
    await plane.startApiServer()
    const back = performance.now()
    await plane.call('PUT', `${INGRESSES}/i2`, ingress(2, COUNT))
    const live = await gateway.answers(CONNECTIONS, '/', 'b', 'h2.test')
    const { answered, wrong, lost } = await load.stop()
    console.log(`API server away for ${values.outage} s: in step ${(live - back).toFixed(0)} ms after it was ready again`)
    console.log(`  requests: ${answered} answered, ${wrong.length} wrong, ${lost.flat().length} connections lost`)
    console.log(`  ${said()}`)
  }
}

function ingress(name: number | string, to: number): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: typeof name === 'number' ? `i${name}` : name, namespace: 'default' },
    spec: {
      ingressClassName: 'headgate',
      rules: [
        {
          host: typeof name === 'number' ? `h${name}.test` : `${name}.test`,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: `s${to}`, port: { name: 'http' } } } }],
          },
        },
      ],
    },
  }
}

function configOf(): object {
  return {
    admin: 'off',
    listeners: [
      { name: 'web', bind: '127.0.0.1:0', limits: { requestsPerConnection: 'off' } },
      { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: {} },
    ],
    routes: [{ name: 'load', hosts: ['load.test'], filters: [{ respond: { status: 200, body: 'ok' } }] }],
    kubernetes: {
      kubeconfig: plane.kubeconfig(),
      ingress: {},
      statusAddress: ['192.0.2.1'],
      leaderElection: { namespace: 'default' },
    },
    log: { level: 'warn' },
  }
}
