// How fast changes of endpoints reach the workers: a real API server (KUBEBUILDER_ASSETS), many Services, requests that see the change.
// `node bench/kubernetes/run.ts [--services 1000] [--endpoints 10] [--changes 200] [--workers 2]`

import { writeFileSync } from 'node:fs'
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
    services: { type: 'string', default: '1000' },
    endpoints: { type: 'string', default: '10' },
    changes: { type: 'string', default: '200' },
    workers: { type: 'string', default: '2' },
  },
})
const SERVICES = Number(values.services)
const ENDPOINTS = Number(values.endpoints)
const CHANGES = Number(values.changes)
const WORKERS = Number(values.workers)
/** So many that every worker has some. */
const CONNECTIONS = 4 * WORKERS
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

const { plane, folder, teardowns, end } = await surroundings()
try {
  await measure()
} finally {
  await end()
}

async function measure(): Promise<void> {
  const [a, b] = [await answering('a'), await answering('b')]
  teardowns.push(a.close, b.close)
  const sides = { a: a.port, b: b.port }
  // Loopback addresses are refused as addresses, but not as names.
  const addresses = Array.from({ length: ENDPOINTS }, (_, i) => `127.0.0.${i + 2}`)
  const objectOf = (i: number, side: 'a' | 'b') =>
    slice(`s${i}-x`, `s${i}`, [{ name: 'http', port: sides[side] }], addresses, { addressType: 'FQDN' })

  const all = Array.from({ length: SERVICES }, (_, i) => i)
  await timed(`${SERVICES} Services of ${ENDPOINTS} endpoints made`, () =>
    inParallel(all, async (i) => {
      await plane.call(
        'POST',
        '/api/v1/namespaces/default/services',
        service(`s${i}`, [{ name: 'http', port: 80 }], { clusterIP: 'None' }),
      )
      await plane.call('POST', SLICES, objectOf(i, 'a'))
    }),
  )

  const file = join(folder, 'headgate.yaml')
  writeFileSync(file, JSON.stringify(configOf(all)))
  const gateway = await timed('gateway ready', () => startGateway(file, WORKERS))
  teardowns.push(() => gateway.stop())
  await timed('every upstream has its endpoints', () => gateway.answers(CONNECTIONS, `/s${SERVICES - 1}/`, 'a'))
  console.log(`supervisor ${gateway.residentMiB()} MiB`)

  const watching = new Watching(plane, SLICES)
  teardowns.push(() => watching.stop())
  await watching.begun

  const side = all.map((): 'a' | 'b' => 'a')
  const flip = (i: number): Promise<unknown> => {
    side[i] = side[i] === 'a' ? 'b' : 'a'
    return plane.call('PUT', `${SLICES}/s${i}-x`, objectOf(i, side[i]))
  }
  const waits: number[] = []
  for (let n = 0; n < CHANGES; n++) {
    const i = (n * 7) % SERVICES
    const seen = watching.next(`s${i}-x`)
    const live = gateway.answers(CONNECTIONS, `/s${i}/`, side[i] === 'a' ? 'b' : 'a')
    await flip(i)
    waits.push(Math.max(0, (await live) - (await seen)))
  }
  console.log(`one change, watch event to all workers (ms): ${percentiles(waits)}`)

  const seen = watching.next('', SERVICES)
  const began = performance.now()
  await inParallel(all, flip)
  const written = performance.now() - began
  await seen
  const last = watching.lastAt
  const sample = [0, SERVICES >> 1, SERVICES - 1]
  const lives = await Promise.all(sample.map((i) => gateway.answers(2 * WORKERS, `/s${i}/`, side[i] as 'a' | 'b')))
  const after = Math.max(0, Math.max(...lives) - last)
  console.log(
    `burst of ${SERVICES} changes, written in ${written.toFixed(0)} ms: all live ${after.toFixed(0)} ms after the last watch event`,
  )
  console.log(`supervisor ${gateway.residentMiB()} MiB`)
}

function configOf(all: readonly number[]): object {
  return {
    admin: 'off',
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    kubernetes: { kubeconfig: plane.kubeconfig() },
    routes: all.map((i) => ({ name: `s${i}`, match: [{ path: { prefix: `/s${i}` } }], to: `s${i}` })),
    upstreams: Object.fromEntries(
      all.map((i) => [`s${i}`, { discovery: { kubernetes: { namespace: 'default', service: `s${i}`, port: 'http' } } }]),
    ),
  }
}
