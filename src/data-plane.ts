// The data plane of one process: the snapshot in force, what it listens on, who is connected.

import type { Server } from 'node:net'
import { BoundAddress, LiveListener } from './bound-address.ts'
import type { AccessSource } from './compile/access-by-route.ts'
import { SessionKeys } from './compile/affinities.ts'
import { circuitFor, dropBreaker } from './compile/breakers.ts'
import { type Compiled, compile } from './compile/compile.ts'
import type { Before } from './compile/kept-routes.ts'
import { LiveCounters } from './compile/live-counters.ts'
import { planUpstream, type UpstreamPlan } from './compile/plan-upstreams.ts'
import type { GatewayConfig } from './config/model.ts'
import { explainRequest } from './explain/explain.ts'
import { acceptHttp2 } from './http2/accept.ts'
import { Listening } from './listen/listening.ts'
import type { Onlooker } from './model/access-record.ts'
import type { ConnectionContext } from './model/client-connection.ts'
import type { Clock, Random } from './model/clock.ts'
import { Deadlines } from './model/deadlines.ts'
import type { EndpointSets } from './model/discovery.ts'
import type { EndpointSpec } from './model/endpoint.ts'
import type { Explained, ExplainRequest } from './model/explanation.ts'
import { HealthBook, type HealthUpdate } from './model/health.ts'
import { LocalQuotas } from './model/local-quotas.ts'
import type { Part } from './model/quota.ts'
import type { SampleBatch } from './model/request-sample.ts'
import type { Snapshot } from './model/snapshot.ts'
import type { StatsReport } from './model/stats.ts'
import type { SpanCounters, Tracer } from './model/tracing.ts'
import type { Upstream } from './model/upstream.ts'
import { type UpstreamState, upstreamState } from './model/upstream-state.ts'
import { OverloadWatch } from './overload-watch.ts'
import type { PluginBundle } from './plugins/bundle-format.ts'
import { LoadedPlugins, type PluginSet } from './plugins/loaded-plugins.ts'
import { RequestProxy } from './proxy/proxy.ts'
import { Reception } from './serve-connections.ts'
import { StatsCollector } from './telemetry/collect.ts'
import type { LogFunction } from './telemetry/log.ts'
import { WatchedRequests } from './telemetry/watched-requests.ts'
import { acceptTunnel } from './upgrade/tunnel-connection.ts'

/** Where a listener really is: `address` has the real port, or is `unix:/path`. */
export interface ListenerAddress {
  readonly listener: string
  readonly bind: string
  readonly address: string
}

export interface DataPlaneOptions {
  /** Names this process, e.g. in Via. */
  readonly id: string
  /** What names in cookies of sessions are made with: the same in all processes of a gateway; left out = one of its own. */
  readonly sessionSecret?: string
  readonly clock: Clock
  readonly random: Random
  /** Makes a server listen on a bind address; called once for as long as that address is served. */
  readonly listen: (server: Server, bind: string) => Promise<void>
  /** This process's part of limits that hold for the gateway; those of upstreams are moved to where they are needed. */
  readonly part: Part
  /** Upstreams of whose limits other processes have all. */
  readonly taken?: ReadonlySet<string>
  /** An upstream is needed here, and other processes have its limits; null = there are none. */
  readonly onNeed?: ((upstream: string) => void) | null
  readonly log: LogFunction
  readonly access: (config: GatewayConfig) => AccessSource | null
  readonly tracer: (config: GatewayConfig) => Tracer | null
  readonly spans: SpanCounters
}

/** A configuration that is compiled and bound, but not served yet. */
export interface Prepared {
  readonly config: GatewayConfig
  readonly compiled: Compiled
  readonly added: ReadonlyMap<string, Listening>
  readonly access: AccessSource | null
  readonly plugins: PluginSet
}

export class DataPlane {
  readonly quotas = new LocalQuotas(() => this.snapshot?.upstreams ?? new Map())
  private readonly options: DataPlaneOptions
  private readonly deadlines: Deadlines
  private readonly counters = new LiveCounters()
  private readonly health = new HealthBook()
  private readonly collector = new StatsCollector()
  private readonly plugins: LoadedPlugins
  private readonly listeners = new Map<string, LiveListener>()
  private readonly reception: Reception
  private readonly watch: OverloadWatch
  private readonly retired = new Set<Upstream>()
  private readonly sessions: SessionKeys
  private snapshot: Snapshot | null = null
  private config: GatewayConfig | null = null
  private before: Before | null = null
  /** Sets that came while a configuration is prepared; null = none is. */
  private arrived: Map<string, readonly EndpointSpec[]> | null = null
  /** What is being made of the set that came last for an upstream. */
  private readonly updates = new Map<string, UpstreamPlan>()
  private accessCounters: AccessSource['counters'] | null = null
  private readonly onlooker: Onlooker = { sink: null }
  private readonly samples: WatchedRequests
  private ticketKeys: Buffer | null = null
  private readonly proxy: RequestProxy
  private readonly context: ConnectionContext & { draining: boolean }
  private second = 0
  private date = ''

  constructor(options: DataPlaneOptions) {
    this.options = options
    this.sessions = new SessionKeys(options.sessionSecret)
    const { clock, log } = options
    this.plugins = new LoadedPlugins({ clock, log, counters: (plugin) => this.counters.plugin(plugin) })
    this.deadlines = new Deadlines(options.clock)
    this.deadlines.start()
    this.proxy = new RequestProxy(options.clock, this.deadlines, options.random)
    this.context = {
      clock: options.clock,
      deadlines: this.deadlines,
      handler: this.proxy,
      draining: false,
      dateLine: () => this.dateLine(),
      forget: (connection) => this.reception.forget(connection),
      switchToHttp2: (...connection) => this.reception.switchToHttp2(...connection),
    }
    const protocols = { http2: acceptHttp2, tunnel: acceptTunnel }
    this.reception = new Reception({ context: this.context, protocols, share: 1 / options.part.count })
    this.samples = new WatchedRequests(this.onlooker, options.random)
    this.watch = new OverloadWatch({
      clock,
      overload: this.proxy.overload,
      guests: this.reception,
      processes: options.part.count,
      upstreamConnections: () => this.upstreamConnections(),
      log,
    })
  }

  private upstreamConnections(): number {
    let sum = 0
    for (const { counters } of this.snapshot?.upstreams.values() ?? [])
      sum += counters.connectionsActive + counters.connectionsIdle
    return sum
  }

  private dateLine(): string {
    const second = Math.floor(this.options.clock.wall() / 1000)
    if (second !== this.second) {
      this.second = second
      this.date = `date: ${new Date(second * 1000).toUTCString()}\r\n`
    }
    return this.date
  }

  // ---- configuration

  /**
   * Compiles and binds what is new; nothing of what is served changes. `sets` has the endpoints of upstreams that are discovered
   * as far as they are known. Throws when an address cannot be listened on.
   */
  async prepare(config: GatewayConfig, sets: EndpointSets): Promise<Prepared> {
    this.arrived = new Map()
    const access = this.options.access(config)
    const tracer = this.options.tracer(config)
    const plugins = await this.plugins.load(config.plugins as readonly { code: (PluginBundle & { name: string }) | null }[])
    const compiled = compile(config, this.snapshot, {
      id: this.options.id,
      deadlines: this.deadlines,
      random: this.options.random,
      ...this.shares(),
      sets,
      health: this.health,
      counters: this.counters,
      access,
      tracer,
      onlooker: this.onlooker,
      sessions: this.sessions,
      circuit: await circuitFor(config),
      plugins: plugins.filter,
      before: this.before,
    })
    const added = new Map<string, Listening>()
    try {
      for (const bind of config.listeners.flatMap((listener) => listener.bind)) {
        if (this.reception.address(bind) !== undefined || added.has(bind)) continue
        const listening = new Listening(bind)
        added.set(bind, listening)
        await this.options.listen(listening.server, bind)
      }
      for (const plan of compiled.plans) await plan.prepare()
      for (const { tls } of compiled.snapshot.listeners.values()) await tls?.prepare()
    } catch (error) {
      for (const listening of added.values()) listening.close()
      throw error
    }
    return { config, compiled, added, access, plugins }
  }

  /** Puts a prepared configuration into force, in one step. Listeners that it does not name stop accepting; their exchanges finish. */
  commit({ config, compiled, added, access, plugins }: Prepared): void {
    const before = this.snapshot
    const arrived = this.arrived
    this.arrived = null
    this.updates.clear()
    this.snapshot = compiled.snapshot
    this.config = config
    this.before = { config, kept: compiled.kept }
    this.accessCounters = access?.counters ?? this.accessCounters
    this.plugins.adopt(plugins)
    this.watch.follow(config.overload)
    for (const plan of compiled.plans) plan.apply()
    for (const [name, endpoints] of arrived ?? []) this.setEndpoints(name, endpoints)
    for (const { upstream } of compiled.plans) upstream.admitWaiting()
    for (const [name, upstream] of before?.upstreams ?? []) {
      if (compiled.snapshot.upstreams.get(name) === upstream) continue
      for (const connector of upstream.connectors.values()) connector.retire()
      dropBreaker(upstream)
      this.retired.add(upstream)
    }
    for (const [name, served] of compiled.snapshot.listeners) {
      const live = this.listeners.get(name)
      if (live === undefined) this.listeners.set(name, new LiveListener(served))
      else live.current = served
    }
    if (this.ticketKeys !== null) this.setTicketKeys(this.ticketKeys)
    this.seatListeners(config, added)
    this.retireListeners(compiled.snapshot)
    this.counters.settle(this.options.clock.now())
  }

  /** Says at each address who shares it, and closes those that nobody names. */
  private seatListeners(config: GatewayConfig, added: ReadonlyMap<string, Listening>): void {
    const sharing = new Map<string, { live: LiveListener; hosts: readonly string[] }[]>()
    for (const { name, bind: binds, hosts } of config.listeners) {
      const live = this.listeners.get(name) as LiveListener
      for (const bind of binds) {
        const there = sharing.get(bind)
        if (there === undefined) sharing.set(bind, [{ live, hosts }])
        else there.push({ live, hosts })
      }
    }
    for (const [bind, listeners] of sharing) {
      const there = this.reception.address(bind)
      const address = there ?? new BoundAddress(bind, added.get(bind) as Listening)
      address.seat(listeners)
      if (there === undefined) this.reception.open(address)
    }
    for (const address of [...this.reception.addresses()]) if (!sharing.has(address.bind)) this.reception.close(address)
  }

  private retireListeners(snapshot: Snapshot): void {
    for (const [name, live] of this.listeners) {
      if (snapshot.listeners.has(name)) continue
      this.listeners.delete(name)
      live.retired = true
      this.reception.drain(live)
    }
  }

  /** Replaces the endpoints of a discovered upstream, soon; what stays keeps its connections and counters. The latest set wins. */
  setEndpoints(name: string, endpoints: readonly EndpointSpec[]): void {
    this.arrived?.set(name, endpoints)
    const upstream = this.snapshot?.upstreams.get(name)
    const config = this.config?.upstreams[name]
    if (upstream === undefined || config === undefined || 'static' in config.discovery) return
    const { random } = this.options
    const sets = new Map([[name, endpoints]])
    const { deadlines, health } = this
    const zone = this.config?.zone ?? null
    const plan = planUpstream(name, config, upstream, { deadlines, random, sets, health, zone, ...this.shares() })
    const apply = (): void => {
      if (this.updates.get(name) !== plan) return
      this.updates.delete(name)
      plan.apply()
    }
    this.updates.set(name, plan)
    const slow = plan.prepare()
    if (slow === null) apply()
    else slow.then(apply)
  }

  private shares(): Pick<DataPlaneOptions, 'part' | 'taken' | 'onNeed'> {
    const { part, taken = new Set(), onNeed = null } = this.options
    return { part, taken, onNeed }
  }

  /** What active health checks say from now on. */
  setHealth(name: string, update: HealthUpdate): void {
    this.health.update(name, update)
    this.snapshot?.upstreams.get(name)?.roster?.probed(update.states.keys())
  }

  /** What TLS session tickets are made with from now on. */
  setTicketKeys(keys: Buffer): void {
    this.ticketKeys = keys
    for (const { tls } of this.snapshot?.listeners.values() ?? []) tls?.setTicketKeys(keys)
  }

  discard({ added }: Prepared): void {
    this.arrived = null
    for (const listening of added.values()) listening.close()
  }

  addresses(): ListenerAddress[] {
    return [...this.reception.addresses()].flatMap(({ bind, listening: { address }, seats }) =>
      seats.map(({ current: { name } }) => ({ listener: name, bind, address })),
    )
  }

  // ---- eyes

  /** What was counted since the last call, and gauges where somebody looks at them. */
  collect(withGauges = true): StatsReport {
    const upstreams = [...(this.snapshot?.upstreams.values() ?? []), ...this.retired]
    const report = this.collector.collect({
      withoutGauges: !withGauges,
      listeners: this.counters.allListeners(),
      responses: this.counters.allResponses(),
      routes: this.counters.allRoutes(),
      denials: this.counters.allDenials(),
      upstreams: upstreams.map(({ name, counters, endpoints, retired, roster, breaker, adaptive }) => ({
        name,
        counters,
        endpoints: [...endpoints.values(), ...retired],
        present: roster === null ? null : { endpoints: endpoints.values(), roster },
        breaker: breaker?.state ?? null,
        limit: adaptive?.usual ?? null,
      })),
      accessLog: this.accessCounters,
      spans: this.options.spans,
      plugins: this.counters.allPlugins(),
      overload: this.proxy.overload.pressure,
    })
    for (const { retired } of upstreams) {
      for (const endpoint of retired) if (endpoint.inFlight === 0) retired.delete(endpoint)
    }
    for (const upstream of this.retired) {
      const { inFlight, connectionsActive, pending } = upstream.counters
      if (inFlight === 0 && connectionsActive === 0 && pending === 0) this.retired.delete(upstream)
    }
    return report
  }

  /** What would become of a request now. Changes nothing. */
  explain(request: ExplainRequest): Explained {
    if (this.snapshot === null) return { refused: 'nothing is served yet' }
    const { random } = this.options
    const { pressure } = this.proxy.overload
    const outcome = explainRequest(
      { snapshot: this.snapshot, bound: this.addresses(), undiscovered: new Set(), pressure, random },
      request,
    )
    return typeof outcome === 'string' ? { refused: outcome } : { explanation: outcome.explanation }
  }

  /** A few of the requests that ended since the last call, if there was one lately; at most `most` of those to come. 0 = no more. */
  takeSamples(most: number): SampleBatch {
    return this.samples.take(most)
  }

  upstreams(): UpstreamState[] {
    return [...(this.snapshot?.upstreams.values() ?? [])].map(upstreamState)
  }

  /** How late (ms) timers were at worst since the last call. */
  takeLag(): number {
    return this.deadlines.takeLag()
  }

  // ---- the end

  /** Stops accepting, lets what runs finish, cuts off what still runs after `timeoutMs`, and resolves when nobody is connected. */
  async drain(timeoutMs: number): Promise<void> {
    this.context.draining = true
    this.reception.stopAccepting()
    this.reception.drain(null)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    await Promise.race([this.reception.emptied(), late])
    clearTimeout(timer)
    // Who has not finished is cut off here, so that it is counted and logged before the process ends.
    this.reception.destroy()
    await this.reception.emptied()
  }

  /** Ends now: connections are closed whatever they do. */
  close(): void {
    this.context.draining = true
    this.reception.destroy()
    this.proxy.mirroring.close()
    this.watch.stop()
    this.samples.take(0)
    for (const upstream of this.snapshot?.upstreams.values() ?? []) {
      for (const connector of upstream.connectors.values()) connector.retire()
      dropBreaker(upstream)
    }
    this.deadlines.stop()
  }
}
