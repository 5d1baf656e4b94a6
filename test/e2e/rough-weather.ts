// Rough weather: everything that resilience is made of, at once and by chance. Endpoints hang, die, lie and come back, clients leave,
// configurations change, and afterwards nothing may be mixed up, sent twice, stuck or left over. A round is repeated by its seed.

import { createGateway, type Gateway, type GatewayConfigInput } from '../../src/index.ts'
import { RawClient } from '../support/raw-client.ts'
import { type EndpointConnection, RawEndpoint, type Script } from '../support/raw-endpoint.ts'
import { TestGateway } from '../support/test-gateway.ts'
import { pause } from '../support/until.ts'
import { type WeatherGateway, WeatherProcess } from './weather-process.ts'

/** A number from 0 to `sides - 1`. */
export type Roll = (sides: number) => number

export function dice(seed: number): Roll {
  let state = (seed * 2654435761) >>> 0
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

export interface Findings {
  /** What must not be, in words; empty = all is well. */
  readonly wrong: string[]
  readonly exchanges: number
  /** Answers of endpoints that came completely. */
  readonly complete: number
  /** How often what was to be tried has happened. */
  readonly happened: Readonly<Record<string, number>>
}

/** Metrics by which one sees that. */
const HAPPENED: Readonly<Record<string, readonly [metric: string, labels: Readonly<Record<string, string>>]>> = {
  retries: ['retries_total', { result: 'ok' }],
  hedges: ['retries_total', { reason: 'hedge' }],
  ejections: ['ejections_total', {}],
  'breaker open': ['rejected_total', { reason: 'breaker-open' }],
  'queue full': ['rejected_total', { reason: 'limit-pending' }],
  'waited in vain': ['rejected_total', { reason: 'limit-pending-timeout' }],
  'out of time': ['rejected_total', { reason: 'request-timeout' }],
  'stood in': ['requests_total', { route: 'plain', upstream: 'dr', code: '200' }],
  copies: ['attempts_total', { upstream: 'shadow' }],
  probes: ['health_checks_total', {}],
}

const CLIENTS = 16
const WEATHER_EVERY = 60
const RELOAD_EVERY = 250
const DISTURB_EVERY = 3000
/** Milliseconds within which every request has its answer: `timeout.request` of the slowest route, and some for a busy machine. */
const PATIENCE = 8000

/** Routes by the beginning of the path, and how often one request may be sent to endpoints for it. */
const ROUTES: Readonly<Record<string, { readonly most: number; readonly keys: object }>> = {
  plain: { most: 2, keys: {} },
  retry: {
    most: 3,
    keys: { retry: { backoff: { base: '2ms', max: '20ms' }, on: ['connect-failure', 'reset', 'timeout', '5xx'] } },
  },
  hedge: { most: 5, keys: { hedge: { after: '15ms', max: 2 }, retry: { backoff: { base: '2ms', max: '20ms' } } } },
  mirror: { most: 2, keys: { mirror: { upstream: 'shadow', bodyBytes: '8KiB' } } },
  timed: { most: 3, keys: { timeout: { request: '150ms', attempt: '60ms' }, retry: {} } },
  sticky: { most: 2, keys: { affinity: { header: 'x-session' } } },
  split: {
    most: 2,
    keys: { to: [{ upstream: 'main', weight: 3 }, { upstream: 'main', labels: { v: '2' } }, { upstream: 'dr' }] },
  },
}
const NAMES = Object.keys(ROUTES)

/** What an endpoint does with requests. */
const MOODS: Readonly<Record<string, (connection: EndpointConnection, text: string, roll: Roll) => unknown>> = {
  well: (connection, text) => connection.answer(text),
  slow: async (connection, text, roll) => {
    await pause(roll(80))
    connection.answer(text)
  },
  silent: () => {},
  busy: (connection) => connection.answer('busy', ['retry-after: 1'], '503 Busy'),
  'busy in pieces': async (connection, _text, roll) => {
    connection.send('HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\n')
    await pause(roll(30))
    connection.send('bu')
    if (roll(4) > 0) connection.send('sy')
  },
  reset: (connection) => connection.socket.resetAndDestroy(),
  'cut off': (connection, text) => {
    connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text.slice(0, text.length >> 1)}`)
    setImmediate(() => connection.socket.resetAndDestroy())
  },
  'in pieces': async (connection, text, roll) => {
    connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n`)
    for (let at = 0; at < text.length; at += 5000) {
      if (roll(2) === 0) await pause(roll(5))
      connection.send(text.slice(at, at + 5000))
    }
  },
  wrong: (connection) => connection.send('HTTP/1.1 200 OK\r\nbad header\r\n\r\n'),
  'more than was asked for': (connection, text) => {
    // At once: what comes later, when another request is on its way, looks like the answer to that to everybody.
    connection.send(
      `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}HTTP/1.1 200 OK\r\n\r\nnobody asked for this`,
    )
  },
  'early and late': (connection, text) => {
    connection.send('HTTP/1.1 103 Early Hints\r\n\r\n')
    connection.answer(text)
  },
}
/** Who is slow answers little: oftener, or it would hardly be met. */
const MOOD_NAMES = [...Object.keys(MOODS), 'slow', 'slow', 'slow', 'silent', 'silent']

class Endpoint {
  readonly upstream: string
  readonly endpoint = new RawEndpoint()
  mood = 'well'
  port = 0

  constructor(upstream: string, roll: Roll, seen: (target: string, upstream: string) => void) {
    this.upstream = upstream
    this.endpoint.script = this.#script(roll, seen)
  }

  #script(roll: Roll, seen: (target: string, upstream: string) => void): Script {
    return (request, connection, phase) => {
      if (phase === 'head') {
        seen(`${request.method} ${request.target}`, this.upstream)
        return
      }
      const text = `${this.upstream} ${request.target}|`.repeat(1 + roll(4) ** 5)
      if (!connection.socket.destroyed) (MOODS[this.mood] as (typeof MOODS)[string])(connection, text, roll)
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async open(): Promise<void> {
    await this.endpoint.listen(this.port)
    this.port = Number(this.endpoint.address.split(':')[1])
  }
}

export class RoughWeather {
  readonly #roll: Roll
  readonly #workers: number
  readonly #endpoints: readonly Endpoint[]
  readonly #sent = new Map<string, number>()
  readonly #copied = new Map<string, number>()
  readonly #wrong: string[] = []
  #gateway: TestGateway | null = null
  #happened: Readonly<Record<string, number>> = {}
  #exchanges = 0
  #complete = 0
  #over = false

  /** `workers`: processes of the gateway, which are killed now and then; 0 = it is in this process. */
  constructor(seed: number, workers = 0) {
    this.#workers = workers
    this.#roll = dice(seed)
    const seen = (request: string, upstream: string) => {
      const counts = upstream === 'shadow' ? this.#copied : this.#sent
      counts.set(request, (counts.get(request) ?? 0) + 1)
    }
    const upstreams = ['main', 'main', 'main', 'main', 'dr', 'dr', 'shadow']
    this.#endpoints = upstreams.map((name) => new Endpoint(name, dice(this.#roll(2 ** 31)), seen))
  }

  async run(milliseconds: number): Promise<Findings> {
    for (const endpoint of this.#endpoints) await endpoint.open()
    const config = this.#config()
    const gateway: WeatherGateway = this.#workers === 0 ? createGateway(config) : new WeatherProcess(config, this.#workers)
    this.#gateway = new TestGateway(gateway as Gateway, () => {})
    try {
      this.#gateway.took((await gateway.start()).listeners)
      const changing = [this.#changeWeather(), this.#reload(), this.#disturb(gateway)]
      const lives = Array.from({ length: CLIENTS }, (_, id) => this.#live(id, dice(this.#roll(2 ** 31))))
      await pause(milliseconds)
      this.#over = true
      await Promise.all([...changing, ...lives])
      await this.#clearUp()
      this.#count()
      await this.#atRest()
    } finally {
      await gateway.close()
      for (const { endpoint } of this.#endpoints) await endpoint.close()
    }
    return { wrong: this.#wrong, exchanges: this.#exchanges, complete: this.#complete, happened: this.#happened }
  }

  #of(upstream: string): Endpoint[] {
    return this.#endpoints.filter((each) => each.upstream === upstream)
  }

  /** What is written anew with each reload is decided by chance. */
  #config(calm = false): GatewayConfigInput {
    const roll = calm ? () => 1 : this.#roll
    const of = (upstream: string, leaveOut: number) =>
      this.#of(upstream)
        .filter((_, i) => i !== leaveOut)
        .map(({ address }, i) => ({
          address,
          labels: { v: i % 2 === 0 ? '2' : '1' },
          priority: upstream === 'main' && i === 3 ? 1 : 0,
        }))
    const ejection = { baseTime: '80ms', maxTime: '400ms', window: '500ms', latencyFactor: roll(3) === 0 ? 4 : 'off' }
    const breaker = { errorPercent: 60, window: '300ms', minimumRequests: 10, resetAfter: '120ms' }
    const connection = { connectTimeout: '300ms', maxRequests: roll(3) === 0 ? 7 : 'off' }
    const limits = { requests: 3 + roll(16), connections: 3 + roll(16), pending: roll(12), pendingTimeout: '200ms' }
    return {
      listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
      routes: NAMES.map((name) => ({
        name,
        match: [{ path: { prefix: `/${name}` } }],
        to: 'main',
        timeout: { request: '2s', attempt: '250ms', idle: '300ms' },
        ...(ROUTES[name] as (typeof ROUTES)[string]).keys,
      })),
      upstreams: {
        main: {
          discovery: { static: of('main', calm ? -1 : roll(12)) },
          balancer: ['round-robin', 'least-requests', 'peak-ewma', 'first'][roll(4)],
          ejection: roll(6) === 0 ? 'off' : ejection,
          breaker: roll(3) === 0 ? 'off' : breaker,
          adaptive: roll(4) === 0 ? { minLimit: 3, maxLimit: 20 } : 'off',
          health: roll(3) === 0 ? 'off' : { path: '/health', interval: '60ms', timeout: '50ms', unhealthy: 2 },
          failover: roll(3) === 0 ? [] : ['dr'],
          panic: roll(2) === 0 ? '0%' : '10%',
          slowStart: roll(3) === 0 ? '200ms' : 'off',
          limits,
          connection,
        },
        dr: { discovery: { static: of('dr', -1) }, ejection, breaker: roll(2) === 0 ? 'off' : breaker, limits, connection },
        shadow: { discovery: { static: of('shadow', -1) }, ejection: 'off', limits: { ...limits, pending: 1 } },
      },
    } as GatewayConfigInput
  }

  async #changeWeather(): Promise<void> {
    const roll = dice(this.#roll(2 ** 31))
    const change = async (each: Endpoint, mood: string, open: boolean) => {
      each.mood = mood
      if (!open) await each.endpoint.close()
      else if (!each.endpoint.listening) await each.open()
    }
    while (!this.#over) {
      const mood = roll(5) > 2 ? 'well' : (MOOD_NAMES[roll(MOOD_NAMES.length)] as string)
      const open = roll(4) > 0
      // A storm, now and then.
      const storm = roll(8) === 0 ? (['main', 'dr'][roll(2)] as string) : ''
      const struck = storm === '' ? [this.#endpoints[roll(this.#endpoints.length)] as Endpoint] : this.#of(storm)
      for (const each of struck) await change(each, mood, open)
      await pause(WEATHER_EVERY)
    }
  }

  async #reload(): Promise<void> {
    while (!this.#over) {
      await pause(RELOAD_EVERY)
      await this.#gateway?.apply(this.#config())
    }
  }

  async #disturb(gateway: WeatherGateway): Promise<void> {
    while (!this.#over && gateway.disturb !== undefined) {
      await pause(DISTURB_EVERY)
      if (!this.#over) gateway.disturb()
    }
  }

  async #live(id: number, roll: Roll): Promise<void> {
    const gateway = this.#gateway as TestGateway
    let client = await RawClient.open(gateway.port)
    for (let n = 0; !this.#over; n++) {
      const target = `/${NAMES[roll(NAMES.length)]}/${id}-${n}`
      const first = client.responses.length
      const body = 'b'.repeat([0, 10, 3000, 100_000][roll(4)] as number)
      const method = ['GET', 'GET', 'GET', 'PUT', 'POST'][roll(5)] as string
      if (method === 'GET') client.request(`GET ${target}`, [`x-session: ${id}`])
      else if (roll(3) > 0) client.request(`${method} ${target}`, [`content-length: ${body.length}`, `x-session: ${id}`], body)
      else {
        client.request(`${method} ${target}`, [`content-length: ${body.length}`])
        await pause(roll(20))
        client.send(body)
      }
      this.#exchanges++
      const leaves = roll(10) === 0
      const end = performance.now() + (leaves ? roll(60) : PATIENCE)
      const answered = () => client.responses[first]?.complete === true
      while (!answered() && !client.closed && !client.ended && performance.now() < end) await pause(1)
      this.#judge(target, client, first)
      const gone = client.closed || client.ended
      if (!answered() && !gone && !leaves) this.#wrong.push(`${method} ${target} is not answered`)
      if (gone || leaves) {
        if (roll(2) === 0) client.reset()
        else client.destroy()
        client = await RawClient.open(gateway.port)
      }
    }
    client.destroy()
  }

  #judge(target: string, client: RawClient, index: number): void {
    const answer = client.responses[index]
    if (client.responses.length > index + 1 || client.rest !== '') this.#wrong.push(`${target} has more than one answer`)
    if (answer === undefined || answer.status >= 500) return
    const [upstream = ''] = answer.body.split(' ', 1)
    const piece = `${upstream} ${target}|`
    if (!piece.repeat(answer.body.length / piece.length + 1).startsWith(answer.body))
      this.#wrong.push(`${target} got ${answer.status} ${answer.body.slice(0, 60)}`)
    if (!answer.complete) return
    this.#complete++
    if (answer.body.length % piece.length !== 0) this.#wrong.push(`${target} was cut, and looks complete`)
    if (upstream === 'shadow') this.#wrong.push(`${target} was answered by the one who gets copies`)
  }

  /** The sky is clear: everything must find back to normal by itself. */
  async #clearUp(): Promise<void> {
    const gateway = this.#gateway as TestGateway
    for (const each of this.#endpoints) {
      each.mood = 'well'
      if (!each.endpoint.listening) await each.open()
    }
    await gateway.apply(this.#config(true))
    const end = performance.now() + PATIENCE
    let missing: readonly string[] = NAMES
    let state = ''
    while (performance.now() < end && (missing.length > 0 || state !== '')) {
      // Each worker has to be met.
      const client = await RawClient.open(gateway.port)
      const left: string[] = []
      for (const name of NAMES) {
        const { status, body } = await client.ask(`GET /${name}/after`)
        if (status !== 200 || (name !== 'split' && !body.startsWith('main ')))
          left.push(`${name}: ${status} ${body.slice(0, 80)}`)
      }
      client.destroy()
      missing = left
      state = await this.#notNormal()
      await pause(10)
    }
    if (missing.length > 0) this.#wrong.push(`after it all: ${missing.join(', ')}`)
    if (state !== '') this.#wrong.push(`after it all: ${state}`)
  }

  async #notNormal(): Promise<string> {
    const gateway = this.#gateway as TestGateway
    const up = await gateway.metric('endpoint_up')
    const bad = [
      ['breaker_state', await gateway.metric('breaker_state')],
      ['panic', await gateway.metric('panic')],
      ['endpoints that are out', this.#endpoints.length - up],
    ] as const
    return bad.flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}`])).join(', ')
  }

  #count(): void {
    for (const [request, times] of this.#sent) {
      if (request.endsWith('/after') || request.endsWith('/health')) continue
      const [method = '', target = ''] = request.split(' ')
      const most = method === 'POST' ? 1 : (ROUTES[target.split('/')[1] as string] as (typeof ROUTES)[string]).most
      if (times > most) this.#wrong.push(`${request} was sent ${times} times`)
    }
    for (const [request, times] of this.#copied)
      if (times > 1 && !request.endsWith('/after')) this.#wrong.push(`${request} was copied ${times} times`)
  }

  async #atRest(): Promise<void> {
    const gateway = this.#gateway as TestGateway
    const end = performance.now() + PATIENCE
    let left: string[] = ['?']
    while (left.length > 0 && performance.now() < end) {
      left = Object.entries(await gateway.running()).flatMap(([gauge, value]) => (value === 0 ? [] : [`${gauge} ${value}`]))
      await pause(5)
    }
    if (left.length > 0) this.#wrong.push(`left over: ${left.join(', ')}`)
    const counted = Object.entries(HAPPENED).map(async ([what, [name, labels]]) => [what, await gateway.metric(name, labels)])
    this.#happened = Object.fromEntries(await Promise.all(counted))
  }
}
