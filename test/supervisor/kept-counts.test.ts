// What workers counted, over their lives: nothing is lost when one ends in order, a second's worth when one is killed, and no
// counter ever goes backwards.

import t from 'tap'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from './gateway-process.ts'
import { SteadyLoad } from './steady-load.ts'

/** Counters as they are now, by name and labels. */
async function counters(gateway: GatewayProcess): Promise<Map<string, number>> {
  const text = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  const found = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, series = '', value] = /^(headgate_[a-z_]+(?:_total|_count|_sum|_bucket)(?:\{.*\})?) (\S+)$/.exec(line) ?? []
    if (series !== '') found.set(series, Number(value))
  }
  return found
}

const ANSWERED = 'headgate_requests_total{listener="web",route="all",upstream="all",code="200"}'
const LASTED = 'headgate_request_duration_seconds_count{route="all"}'

t.test('a worker that ends in order takes no count along, and none goes backwards', { timeout: 60_000 }, async (t) => {
  let held = 0
  const endpoint = await startEndpoint(t, (request, response) => {
    if (request.url === '/held') held++
    else response.end('fine')
  })
  const gateway = await startGateway(t, simpleConfig(endpoint, { drain: { timeout: '300ms' } }))
  const load = new SteadyLoad(gateway.url('/'), 8)
  await until(() => load.slowest >= 5)
  const waiting = Array.from({ length: 6 }, () => fetch(gateway.url('/held')).then(String, () => 'cut'))
  await until(() => held === 6)

  const fell: string[] = []
  let last = await counters(gateway)
  const look = async (): Promise<void> => {
    const now = await counters(gateway)
    for (const [series, value] of last) if ((now.get(series) ?? 0) < value) fell.push(`${series} ${value} ${now.get(series)}`)
    last = now
  }
  for (const [round, pid] of [...gateway.workers].entries()) {
    process.kill(pid, 'SIGTERM')
    while (gateway.workers.length < 3 + round || gateway.said('is replaced') < round + 1) await look()
  }
  const { answered } = await load.stop()
  t.same(await Promise.all(waiting), Array(6).fill('cut'), 'drain has its time')
  await until(async () => {
    await look()
    return last.get(ANSWERED) === answered
  })
  t.equal(last.get(ANSWERED), answered, 'each answer is counted once')
  t.same(fell, [], 'no counter fell')
  t.equal(last.get(LASTED), answered + 6, 'what was cut at the end is counted too')
})

t.test('kill -9 loses at most the last second', { timeout: 60_000 }, async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('fine'))
  const gateway = await startGateway(t, simpleConfig(endpoint))
  const ask = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await (await fetch(gateway.url('/'))).text()
  }
  await ask(40)
  // Nobody scrapes: it is the reports of each second that bring them.
  await new Promise((resolve) => setTimeout(resolve, 3000))
  for (const pid of gateway.workers) process.kill(pid, 'SIGKILL')
  await gateway.until(() => gateway.workers.length === 4)
  t.equal((await counters(gateway)).get(ANSWERED), 40)
  t.equal((await counters(gateway)).get(LASTED), 40)
  await ask(5)
  t.equal((await counters(gateway)).get(ANSWERED), 45, 'replacements count on')
  t.equal((await counters(gateway)).get('headgate_worker_restarts_total'), 2)
  const text = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  const workers = [...text.matchAll(/^headgate_worker_resident_memory_bytes\{worker="(\d+)"\} (\d+)$/gm)]
  t.same(workers.map(([, worker]) => worker).sort(), ['3', '4'], 'nothing is said of those that are gone')
  t.ok(workers.every(([, , bytes]) => Number(bytes) > 10_000_000))
})
