// The real command with workers: the supervisor asks DNS, workers follow, replacements start with what is known.

import t from 'tap'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { SteadyLoad } from '../supervisor/steady-load.ts'
import { a, type DnsServer, srv, startDns } from '../support/dns-server.ts'

const NAME = '_http._tcp.users.test'

function config(dns: DnsServer, more: object = {}): object {
  return simpleConfig('', {
    watch: false,
    upstreams: { all: { discovery: { dns: { name: NAME, type: 'srv', resolver: dns.address } } } },
    ...more,
  })
}

function say(dns: DnsServer, endpoints: readonly string[]): void {
  const ports = endpoints.map((address) => Number(address.split(':')[1]))
  dns.records = [...ports.map((port) => srv(NAME, 'host.test', port, 1, 0, 1)), a('host.test', '127.0.0.1', 1)]
}

async function metric(gateway: GatewayProcess, line: RegExp): Promise<number> {
  const text = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  return Number(line.exec(text)?.[1] ?? Number.NaN)
}

t.test('workers: 2', async (t) => {
  const dns = await startDns(t)
  const counts = [0, 0, 0]
  const endpoints = await Promise.all(
    counts.map((_, i) =>
      startEndpoint(t, (_request, response) => {
        counts[i] = (counts[i] as number) + 1
        response.end(String(i))
      }),
    ),
  )
  const [first, second, third] = endpoints as [string, string, string]
  say(dns, [first])
  const gateway = await startGateway(t, config(dns))
  const text = async () => (await fetch(gateway.url('/'))).text()
  t.equal(await text(), '0')
  t.equal((await fetch(gateway.url('/ready', 'admin'))).status, 200)
  t.ok((await metric(gateway, /^headgate_discovery_age_seconds\{upstream="all"\} (\S+)$/m)) < 60)

  const load = new SteadyLoad(gateway.url('/'), 8, 2)
  for (const [set, index] of [
    [[first, second], 1],
    [[second, third], 2],
    [[third, first], 0],
  ] as const) {
    const before = counts[index] as number
    const changes = gateway.said('endpoints changed')
    say(dns, set)
    await gateway.until(() => gateway.said('endpoints changed') > changes)
    await until(() => (counts[index] as number) > before + 20)
  }
  // What no set names any more gets nothing from any worker.
  const before = counts[1]
  const answered = load.answered
  await until(() => load.answered > answered + 100)
  t.equal(counts[1], before)

  await dns.close()
  await gateway.until(() => gateway.said('discovery failed; the last good endpoints stay') > 0)
  await gateway.write(config(dns, { errors: { detail: 'minimal' } }))
  gateway.kill('SIGHUP')
  await gateway.until(() => gateway.said('configuration reloaded') === 1)
  const { lost, wrong } = await load.stop()
  t.same([lost.flat(), wrong], [[], []])

  // Replacements of both start with the set that is known: nobody answers who could tell it anew.
  for (const pid of gateway.workers.slice(0, 2)) process.kill(pid, 'SIGKILL')
  await gateway.until(() => gateway.workers.length === 4)
  const answers = new Set(await Promise.all(Array.from({ length: 20 }, text)))
  t.same([...answers].sort(), ['0', '2'])
  gateway.kill('SIGTERM')
  t.equal((await gateway.exited).code, 0)
})

t.test('a name that does not exist, and a port that is not used: said, and served without endpoints', async (t) => {
  const dns = await startDns(t)
  say(dns, [])
  const upstreams = { all: { discovery: { dns: { name: NAME, type: 'srv', port: 80, resolver: dns.address } } } }
  const gateway = await startGateway(t, config(dns, { upstreams, workers: 0 }))
  t.equal(gateway.said('this port is not used: SRV records say the port'), 1)
  t.equal(gateway.said('discovery failed; no endpoint is known yet'), 1)
  t.equal((await fetch(gateway.url('/'))).status, 503)
})
