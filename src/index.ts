// The library's face: the whole gateway inside the calling process.

import { randomBytes } from 'node:crypto'
import { processParts } from './app-worker.ts'
import { clusterOpener } from './compile/cluster.ts'
import { KubernetesLink } from './compile/kubernetes-link.ts'
import { withOrigins } from './compile/route-origins.ts'
import type { AdminConfig, GatewayConfig, GatewayConfigInput } from './config/model.ts'
import { normalizeConfig } from './config/parse.ts'
import { readPemFiles } from './config/pem-files.ts'
import { type Finding, formatPath, formatProblem, type Problem } from './config/problem.ts'
import { readRouteSecrets } from './config/route-secrets.ts'
import { readExplainRequest } from './explain/read-request.ts'
import { runConfigTests } from './explain/run-tests.ts'
import { type Clock, type Random, systemClock, systemRandom } from './model/clock.ts'
import type { Explanation } from './model/explanation.ts'
import { type AdminFace, AdminSeat } from './supervisor/admin-seat.ts'
import { adminState } from './supervisor/admin-state.ts'
import { ClusterDesk } from './supervisor/cluster-desk.ts'
import { Control } from './supervisor/control.ts'
import { makeDesks } from './supervisor/desks.ts'
import { InProcess } from './supervisor/in-process.ts'
import { urlOf } from './supervisor/ready-line.ts'
import { readSecret } from './supervisor/secret.ts'
import { StatsAggregator } from './telemetry/aggregate.ts'
import type { LogFunction } from './telemetry/log.ts'

export type { GatewayConfig, GatewayConfigInput } from './config/model.ts'
export type { Problem } from './config/problem.ts'
export type { Clock, Random } from './model/clock.ts'
export type { ExplainedEndpoint, Explanation } from './model/explanation.ts'
export { BindError } from './supervisor/bind-address.ts'

import { statsEvents } from './supervisor/stats-events.ts'

export type { LogFields, LogFunction, LogLevel } from './telemetry/log.ts'

export interface GatewayOptions {
  /** Told what the gateway has to say about itself; by default nobody is. */
  readonly log?: LogFunction
  /** For tests that turn the clock; by default the system's. */
  readonly clock?: Clock
  /** For tests that need the same choices each time; by default the system's. */
  readonly random?: Random
}

/** A request to explain; `headers` may have lists of values. */
export interface ExplainInput {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly listener?: string
  readonly client?: string
  readonly seed?: number
}

export interface Started {
  /** The first address of each listener by its name, with the real port: `http://127.0.0.1:41231` or `unix:/path`. */
  readonly listeners: Readonly<Record<string, string>>
  /** `http://127.0.0.1:9901`; null when `admin` was not configured. */
  readonly admin: string | null
}

export interface Gateway {
  /**
   * Listens and serves. Call once. Rejects with a BindError when an address cannot be had, with a ConfigError when a plugin cannot
   * be loaded or its options do not fit; nothing is left behind then.
   */
  start(): Promise<Started>
  /**
   * Serves another configuration from now on: all of it or, when this rejects (ConfigError, BindError), nothing of it. What it
   * does not change keeps its connections and counters. Resolves with where listeners are now.
   */
  apply(config: GatewayConfigInput): Promise<Started>
  /** Stops accepting, finishes what runs, then closes; ends by `timeoutMs` (default: `drain.timeout`) at the latest. */
  drain(timeoutMs?: number): Promise<void>
  /** Ends at once: what runs is cut. */
  close(): Promise<void>
  /**
   * What would become of a request, and why, by live state: `{method, url, headers}` and optionally `listener`, `client` and
   * `seed`. Nothing is sent and nothing changes. Rejects with a TypeError when the request cannot be read.
   */
  explain(request: ExplainInput): Promise<Explanation>
  /** Prometheus text. */
  metrics(): Promise<string>
}

/** A configuration that is not valid; the message has every problem, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** Checks the configuration (throws a ConfigError) and makes a gateway that serves it in this process, once started. */
export function createGateway(config: GatewayConfigInput, options: GatewayOptions = {}): Gateway {
  return new EmbeddedGateway(read(config), options)
}

class EmbeddedGateway implements Gateway {
  #config: GatewayConfig
  #state: 'new' | 'started' | 'closed' = 'new'
  readonly #log: LogFunction
  readonly #stats = new StatsAggregator()
  readonly #parts: ReturnType<typeof processParts>
  readonly #control: Control
  readonly #cluster: ClusterDesk
  readonly #admin: AdminSeat

  constructor(config: GatewayConfig, { log = () => {}, clock = systemClock, random = systemRandom }: GatewayOptions) {
    this.#config = config
    this.#log = log
    this.#parts = processParts(log, clock, random)
    this.#admin = new AdminSeat((admin) => this.#openAdmin(admin))
    const id = randomBytes(4).toString('hex')
    const events = statsEvents(this.#stats, clock)
    const planes = new InProcess({ parts: this.#parts, id, log, events })
    const kubernetes = new KubernetesLink({ clock, random, log })
    const desks = makeDesks({ planes, stats: this.#stats, clock, random, log, kubernetes })
    this.#control = new Control({
      planes,
      ...desks,
      stats: this.#stats,
      clock,
      beside: (config) => this.#admin.follow(config.admin),
    })
    const control = this.#control
    this.#cluster = new ClusterDesk({ control, open: clusterOpener(kubernetes), stats: this.#stats, clock, log })
  }

  async start(): Promise<Started> {
    if (this.#state !== 'new') throw new Error('a gateway starts once')
    this.#state = 'started'
    try {
      this.#config = await complete(this.#config)
      await this.#cluster.start(this.#config)
    } catch (error) {
      await this.close()
      throw error
    }
    return this.#started()
  }

  async apply(config: GatewayConfigInput): Promise<Started> {
    const next = read(config)
    if (this.#state !== 'started') throw new Error('the gateway is not running')
    const full = await complete(next)
    await this.#cluster.apply(full)
    this.#config = full
    return this.#started()
  }

  async drain(timeoutMs: number = this.#config.drain.timeout): Promise<void> {
    if (this.#state === 'started') await this.#control.drain(0, timeoutMs)
    await this.close()
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#control.kill()
    await Promise.all([this.#cluster.close(), this.#admin.close(), this.#parts.accessLogs.close(), this.#parts.flush()])
  }

  async explain(input: ExplainInput): Promise<Explanation> {
    const request = readExplainRequest(input)
    if (typeof request === 'string') throw new TypeError(request)
    const explained = await this.#control.explain(request)
    if ('refused' in explained) throw new TypeError(explained.refused)
    return withOrigins(explained.explanation, this.#cluster.origins)
  }

  async metrics(): Promise<string> {
    if (this.#state === 'started') await this.#control.collect()
    return (await this.#stats.exposition(false)).text
  }

  #started(): Started {
    const listeners: Record<string, string> = {}
    for (const { name, protocol, bind } of this.#control.inForce?.config.listeners ?? []) {
      const found = this.#control.addresses.find((address) => address.bind === bind[0])
      if (found !== undefined) listeners[name] = urlOf(protocol, found.address)
    }
    return { listeners, admin: this.#admin.address }
  }

  async #openAdmin(config: AdminConfig): Promise<AdminFace> {
    const [{ createAdmin }, token] = await Promise.all([
      import('./admin/admin.ts'),
      config.token === null ? null : readSecret(config.token, process.env),
    ])
    const state = adminState({
      control: this.#control,
      awaited: () => this.#cluster.awaited(),
      origins: () => this.#cluster.origins,
      stats: this.#stats,
      source: 'createGateway',
      reload: async () => {
        const message = 'an embedded gateway gets its configuration from its program'
        const errors = [{ file: '', line: 0, column: 0, message }]
        return { result: 'refused', errors, revision: this.#control.inForce?.revision ?? '' }
      },
      reloads: () => ({ last: null, refused: null }),
      stop: () => void this.drain(),
    })
    return createAdmin({ ...config, token, state, log: this.#log })
  }
}

/** With what stands in files: certificates, keys, secrets, plugins. */
async function complete(config: GatewayConfig): Promise<GatewayConfig> {
  const { config: filled, errors } = await readPemFiles(config, null)
  const keyed = await readRouteSecrets(filled, process.env)
  if (errors.length + keyed.errors.length > 0) throw errorOf([...errors, ...keyed.errors])
  return withPlugins(keyed.config)
}

function errorOf(findings: readonly Finding[]): ConfigError {
  return new ConfigError(
    findings.map(({ path, message }) => ({ file: '', line: 0, column: 0, message: `${formatPath(path)}: ${message}` })),
  )
}

/** Reads the plugins, here: they run in this process anyway. */
async function withPlugins(config: GatewayConfig): Promise<GatewayConfig> {
  const uses = (filters: readonly { type: string }[]) => filters.some(({ type }) => type === 'plugin')
  const used = config.routes.some(({ filters, to }) => uses(filters) || to.some((upstream) => uses(upstream.filters)))
  if (config.plugins.length === 0 && !used) return config
  const { loadPlugins, readHere } = await import('./load-plugins.ts')
  const { config: complete, findings } = await loadPlugins(config, process.cwd(), readHere)
  if (findings.length > 0) throw errorOf(findings)
  return complete
}

function read(input: GatewayConfigInput): GatewayConfig {
  // What listens is what was asked for: the admin API only when it is written.
  const parsed = normalizeConfig({ admin: 'off', zone: process.env.HEADGATE_ZONE ?? '', ...input })
  const workers = input?.workers ?? 0
  const problems = 'errors' in parsed ? [...parsed.errors] : []
  if (workers !== 0) {
    const message = 'workers: an embedded gateway has none; leave it out, or run the command `headgate`'
    problems.push({ file: '', line: 0, column: 0, message })
  }
  if ('config' in parsed) problems.push(...runConfigTests(parsed.config).map(parsed.position))
  if ('errors' in parsed || problems.length > 0) throw new ConfigError(problems)
  return parsed.config
}
