// Puts into force what the file says together with what objects of a cluster come to, whenever either changes, and tells about objects
// what is served. What cannot be served harms nobody else; an API server that is away changes nothing.

import type { Cluster, ObjectReport, OpenCluster, Translation } from '../compile/cluster.ts'
import { type Combined, combine, type LeftOutObject, objectKey } from '../compile/combine-config.ts'
import { type RouteOrigins, routeOrigins } from '../compile/route-origins.ts'
import { bringsConfiguration } from '../config/kubernetes-schema.ts'
import type { GatewayConfig, KubernetesConfig, ListenerConfig } from '../config/model.ts'
import type { PluginCode } from '../config/plugin-schema.ts'
import type { Clock } from '../model/clock.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import type { LogFunction } from '../telemetry/log.ts'
import type { Control } from './control.ts'
import { firstKnown } from './first-known.ts'
import { findOffenders, LeftOutBook, type Unit } from './leave-out.ts'
import { ObjectReports } from './object-reports.ts'
import { type After, Pace, realAfter } from './pace.ts'
import { UnusableAddresses } from './unusable-addresses.ts'

/** What belongs together comes over several watches. */
const GATHER_MS = 20
const LEAST_MS = 100
/** However long it takes to put a change into force: so long between two of them at most, beyond that. */
const MOST_MS = 5000
/** After a failure, when nothing changes. */
const AGAIN_MS = 30_000
/** `/ready` waits for the first list of everything, as it does for discovery. */
const READY_WAITS_MS = 10_000
/** Configurations that are tried for the sake of objects that nobody could foresee. */
const MOST_TRIES = 64
/** In one line of the log. */
const MOST_NAMED = 10

export interface ClusterDeskSettings {
  readonly control: Pick<Control, 'start' | 'apply'>
  readonly open: OpenCluster
  readonly stats: StatsAggregator
  readonly clock: Clock
  readonly log: LogFunction
  /** For tests that turn the clock. */
  readonly after?: After
  readonly probe?: (bind: string) => Promise<void>
}

interface Opened {
  /** Equal where the same cluster is followed in the same way. */
  readonly key: string
  readonly cluster: Cluster
}

/** What is to be in force, or is. */
interface Wish {
  readonly base: GatewayConfig
  readonly cluster: Cluster | null
  readonly translations: readonly Translation[]
  readonly unusable: ReadonlyMap<string, string>
}

export class ClusterDesk {
  readonly #settings: ClusterDeskSettings
  readonly #after: After
  readonly #pace: Pace
  readonly #unusable: UnusableAddresses
  readonly #leftOut = new LeftOutBook()
  readonly #reports: ObjectReports
  #opened: Opened | null = null
  #served: Wish | null = null
  /** About what is served. */
  #told: readonly ObjectReport[] = []
  #plugins: { of: GatewayConfig['plugins']; byName: ReadonlyMap<string, PluginCode> } = { of: [], byName: new Map() }
  #listeners: { of: readonly ListenerConfig[]; byName: ReadonlyMap<string, ListenerConfig> } = { of: [], byName: new Map() }
  /** Something of the cluster has come into force once. */
  #followed = false
  #beganAt = 0
  #last: Promise<unknown> = Promise.resolve()
  #loads: Promise<unknown> = Promise.resolve()
  #again: (() => void) | null = null
  /** Why what the cluster says is not in force; '' = it is. */
  #failure = ''
  #refused: ReadonlyMap<string, string> = new Map()
  #hurried = false
  #closed = false

  constructor(settings: ClusterDeskSettings) {
    const { clock, after = realAfter, log, stats, probe } = settings
    this.#settings = settings
    this.#after = after
    this.#reports = new ObjectReports({ stats, log })
    const changed = (): void => this.#pace.ask()
    this.#unusable = new UnusableAddresses({ after, log, changed, ...(probe === undefined ? {} : { probe }) })
    this.#pace = new Pace({
      clock,
      after,
      gather: GATHER_MS,
      least: LEAST_MS,
      most: MOST_MS,
      work: () => this.#turn(() => this.#follow()),
    })
  }

  /** Once. Rejects with what is wrong; nothing is left behind then that `close` does not end. */
  async start(base: GatewayConfig): Promise<void> {
    const { control, clock } = this.#settings
    this.#beganAt = clock.now()
    if (!bringsConfiguration(base.kubernetes)) {
      await control.start(base)
      this.#served = { base, cluster: null, translations: [], unusable: this.#unusable.all }
      return
    }
    const opened = await this.#open(base.kubernetes as KubernetesConfig)
    this.#opened = opened
    // Nobody is let in before it is known what for: there would be no route.
    await Promise.all([control.start({ ...base, listeners: [] }), this.#firstKnown(opened)])
    await this.#turn(() => this.#bring(base, opened.cluster))
  }

  /** Puts another file's configuration into force. Rejects when it is refused: nothing has changed. */
  apply(base: GatewayConfig): Promise<'applied' | 'unchanged'> {
    const load = this.#loads.then(() => this.#load(base))
    this.#loads = load.catch(() => {})
    return load
  }

  /** What `/ready` waits for beside all else. Only at the start. */
  awaited(): string[] {
    const { clock } = this.#settings
    if (this.#opened === null || this.#followed || clock.now() - this.#beganAt >= READY_WAITS_MS) return []
    const kinds = [...this.#opened.cluster.awaited().keys()]
    if (kinds.length === 0) return ['what Kubernetes says is not in force yet']
    return kinds.map((kind) => `Kubernetes has not told of each ${kind} yet`)
  }

  /** Of the routes in force. */
  get origins(): RouteOrigins {
    return routeOrigins(this.#served?.translations ?? [], this.#told)
  }

  /** A start is not worth waiting for any more. */
  hurry(): void {
    this.#hurried = true
  }

  /** Follows nothing any more; what is in force stays. */
  async close(): Promise<void> {
    this.#closed = true
    this.#hurried = true
    this.#pace.stop()
    this.#unusable.stop()
    this.#again?.()
    await this.#opened?.cluster.close()
  }

  async #load(base: GatewayConfig): Promise<'applied' | 'unchanged'> {
    const before = this.#opened
    const wanted = bringsConfiguration(base.kubernetes) ? JSON.stringify(base.kubernetes) : null
    let opened = before
    if (wanted !== (before?.key ?? null)) {
      opened = wanted === null ? null : await this.#open(base.kubernetes as KubernetesConfig)
      if (opened !== null) await this.#firstKnown(opened)
    }
    if (JSON.stringify(base.listeners) !== JSON.stringify(this.#served?.base.listeners)) this.#unusable.clear()
    try {
      const result = await this.#turn(async () => {
        const outcome = await this.#bring(base, opened?.cluster ?? null)
        this.#opened = opened
        return outcome
      })
      if (before !== opened) this.#end(before)
      // It was not followed while it was not known whether it would be.
      if (opened !== null) this.#pace.ask()
      return result
    } catch (error) {
      if (before !== opened) this.#end(opened)
      throw error
    }
  }

  #end(opened: Opened | null): void {
    opened?.cluster
      .close()
      .catch((error: Error) => this.#settings.log('warn', 'Kubernetes was left badly', { reason: error.message }))
  }

  async #open(config: KubernetesConfig): Promise<Opened> {
    const { open, stats } = this.#settings
    const changed = (): void => this.#pace.ask()
    const leads = (leader: boolean): void => stats.set('leader', {}, leader ? 1 : 0)
    return { key: JSON.stringify(config), cluster: await open(config, { changed, leads }) }
  }

  #firstKnown({ cluster }: Opened): Promise<void> {
    const { clock, log } = this.#settings
    return firstKnown(cluster, () => this.#hurried, { clock, after: this.#after, log })
  }

  /** One after the other. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Something of the cluster may have changed. Never rejects. */
  async #follow(): Promise<void> {
    const { log } = this.#settings
    const { cluster } = this.#opened ?? {}
    if (this.#closed || this.#served === null || cluster?.known !== true) return
    this.#again?.()
    this.#again = null
    try {
      await this.#bring(this.#served.base, cluster)
      this.#failure = ''
    } catch (error) {
      if (this.#closed) return
      const { message } = error as Error
      // Said once: it is tried at each change.
      if (message !== this.#failure)
        log('error', 'what the cluster says now could not be put into force; what was in force stays', { reason: message })
      this.#failure = message
      this.#again = this.#after(AGAIN_MS, () => this.#pace.ask())
    }
  }

  /** Rejects when it is not served; nothing has changed then. */
  async #bring(base: GatewayConfig, cluster: Cluster | null): Promise<'applied' | 'unchanged'> {
    for (;;) {
      const wish = this.#wish(base, cluster)
      if (this.#isServed(wish)) return 'unchanged'
      if (await this.#unusable.amongst(newAddresses(wish, this.#served))) continue
      const outcome = await this.#apply(wish)
      if (outcome !== 'address') return outcome
    }
  }

  #wish(base: GatewayConfig, cluster: Cluster | null): Wish {
    const unusable = this.#unusable.all
    // A cluster that is not known yet takes nothing away that another one said.
    const translations =
      cluster === null
        ? []
        : cluster.known
          ? cluster.translate({ listeners: this.#listenersOf(base), plugins: this.#pluginsOf(base), unusable })
          : (this.#served?.translations ?? [])
    return { base, cluster, translations, unusable }
  }

  async #apply(wish: Wish): Promise<'applied' | 'unchanged' | 'address'> {
    const { base, translations, unusable } = wish
    const combined = combine(base, translations, {
      objects: this.#leftOut.of(translations),
      addresses: unusable,
      bare: false,
    })
    try {
      const result = await this.#settings.control.apply(combined.config)
      this.#took(wish, combined)
      return result
    } catch (error) {
      const { name, message, bind } = error as Error & { bind?: unknown }
      if (this.#closed || name === 'WorkerLost') throw error
      if (typeof bind !== 'string') return this.#leaveOut(wish, combined, message, error)
      if (unusable.has(bind) || !isTranslated(bind, wish)) throw error
      this.#unusable.add(bind, message)
      return 'address'
    }
  }

  /** Nobody has foreseen what is wrong: what was never served before is left out until the rest is. */
  async #leaveOut(wish: Wish, failed: Combined, why: string, error: unknown): Promise<'applied'> {
    const { base, translations, unusable: addresses } = wish
    const { control, log } = this.#settings
    const already = this.#leftOut.of(translations)
    let good: Combined | null = null
    const attempt = async (without: Iterable<Unit>, how: LeftOutObject['how'], bare: boolean): Promise<boolean> => {
      const objects = new Map([...already, ...[...without].map(({ key }) => [key, { why, how }] as const)])
      const combined = combine(base, translations, { objects, addresses, bare })
      try {
        await control.apply(combined.config)
        good = combined
        return true
      } catch (reason) {
        if (this.#closed || (reason as Error).name === 'WorkerLost') throw reason
        return false
      }
    }
    const suspects = this.#leftOut.suspects(translations)
    for (const how of suspects.length === 0 ? [] : (['answered', 'absent'] as const)) {
      const offenders = await findOffenders(suspects, (without) => attempt(without, how, false), MOST_TRIES)
      if (offenders === null) continue
      this.#leftOut.leaveOut(offenders, { why, how })
      const objects = [...offenders].slice(0, MOST_NAMED).map(({ key }) => key)
      log('error', 'objects are left out: with them nothing that changed could be served', {
        objects: objects.join(', '),
        count: offenders.size,
        reason: why,
      })
      this.#took(wish, good as unknown as Combined)
      return 'applied'
    }
    const doubtful = failed.config.listeners.some((each) => !base.listeners.includes(each) && !this.#leftOut.isProven(each))
    if (!doubtful || !(await attempt([], 'answered', true))) throw error
    log('error', 'listeners and certificates of the cluster are left out: with them nothing could be served', { reason: why })
    this.#took(wish, good as unknown as Combined)
    return 'applied'
  }

  #took(wish: Wish, { config, problems, refused }: Combined): void {
    const { translations, cluster } = wish
    this.#served = wish
    this.#leftOut.prove([...config.routes, ...Object.values(config.upstreams), ...config.listeners])
    for (const [listener, reason] of refused) {
      if (this.#refused.get(listener) !== reason)
        this.#settings.log('warn', 'a listener that objects ask for is refused', { listener, reason })
    }
    this.#refused = refused
    this.#followed ||= cluster?.known === true
    if (cluster?.known === false) return
    const all = translations.flatMap((translation) => translation.reports)
    const reports = problems.size === 0 ? all : all.map((report) => withProblems(report, problems))
    this.#told = reports
    cluster?.publish(
      reports,
      translations.flatMap(({ objects }) => objects),
    )
    this.#reports.tell(reports)
  }

  #isServed({ base, cluster, translations, unusable }: Wish): boolean {
    const served = this.#served
    return (
      served?.base === base &&
      served.cluster === cluster &&
      served.unusable === unusable &&
      (this.#followed || cluster?.known !== true) &&
      served.translations.length === translations.length &&
      served.translations.every((each, i) => each === translations[i])
    )
  }

  /** The same map for the same plugins. */
  #pluginsOf({ plugins }: GatewayConfig): ReadonlyMap<string, PluginCode> {
    if (this.#plugins.of !== plugins)
      this.#plugins = {
        of: plugins,
        byName: new Map(plugins.flatMap(({ code }) => (code === null ? [] : [[code.name, code] as const]))),
      }
    return this.#plugins.byName
  }

  /** The same map for the same listeners. */
  #listenersOf({ listeners }: GatewayConfig): ReadonlyMap<string, ListenerConfig> {
    if (this.#listeners.of !== listeners)
      this.#listeners = { of: listeners, byName: new Map(listeners.map((listener) => [listener.name, listener])) }
    return this.#listeners.byName
  }
}

/** That objects ask for, and did not ask for before. */
function newAddresses({ base, translations, unusable }: Wish, served: Wish | null): ReadonlySet<string> {
  const asked = new Set(translations.flatMap(({ listeners }) => listeners.flatMap(({ bind }) => bind)))
  const before = served?.translations.flatMap(({ listeners }) => listeners) ?? []
  for (const bind of [...base.listeners, ...before].flatMap((listener) => listener.bind)) asked.delete(bind)
  for (const bind of unusable.keys()) asked.delete(bind)
  return asked
}

/** Whether it is objects that ask for this address, and not the file. */
function isTranslated(bind: string, { base, translations }: Wish): boolean {
  const asks = (listener: ListenerConfig): boolean => listener.bind.includes(bind)
  return !base.listeners.some(asks) && translations.some(({ listeners }) => listeners.some(asks))
}

function withProblems(report: ObjectReport, problems: Combined['problems']): ObjectReport {
  const further = problems.get(objectKey(report.object))
  return further === undefined ? report : { ...report, problems: [...report.problems, ...further] }
}
