// Follows all kinds that translators look at, and has them translated: what did not change since the last time is not looked at again.

import type { GatewayConfig } from '../config/model.ts'
import type { Followed, Informers } from './informers.ts'
import type { RawObject, Resource } from './resource.ts'
import type { ClusterView, Translation, Translator } from './translation.ts'

type AnyResource = Resource<RawObject & never, unknown>

export interface ClusterSourceSettings {
  readonly informers: Informers
  /** What they make has precedence in this order. */
  readonly translators: readonly Translator[]
  /** Kinds that others will ask for as soon as something is translated: they are listed at the same time. */
  readonly beside: readonly AnyResource[]
  /** `translate` may come to something else from now on. */
  readonly changed: () => void
}

/** What is given from outside of the cluster, see `ClusterView`. New objects where something changed. */
export type Surroundings = Pick<ClusterView, 'listeners' | 'unusable' | 'plugins'>

/** Those whose code has been read. */
export function pluginsByName(plugins: GatewayConfig['plugins']): Surroundings['plugins'] {
  return new Map(plugins.flatMap(({ code }) => (code === null ? [] : [[code.name, code] as const])))
}

interface Kind {
  readonly followed: Followed<unknown>
  readonly translated: boolean
  /** What translators are shown; null = it has to be made anew. */
  shown: ReadonlyMap<string, unknown> | null
}

interface Made {
  readonly from: readonly unknown[]
  readonly translation: Translation
}

export class ClusterSource {
  readonly #settings: ClusterSourceSettings
  readonly #kinds = new Map<AnyResource, Kind>()
  readonly #unsubscribe: readonly (() => void)[]
  readonly #made = new Map<Translator, Made>()
  /** What went wrong the last time. */
  readonly #failures = new Map<Translator, string>()
  #known = false

  constructor(settings: ClusterSourceSettings) {
    this.#settings = settings
    const { informers, translators, beside } = settings
    const translated = new Set(translators.flatMap(({ resources }) => resources))
    for (const resource of new Set([...translated, ...beside]))
      this.#kinds.set(resource, {
        followed: informers.follow(resource as Resource<RawObject, unknown>),
        translated: translated.has(resource),
        shown: null,
      })
    this.#unsubscribe = [...this.#kinds.values()].map((kind) => kind.followed.informer.subscribe(() => this.#changed(kind)))
  }

  /**
   * All there is to know is known. Never taken back: then the last good state counts. A kind that this account may not see is as
   * good as empty.
   */
  get known(): boolean {
    this.#known ||= [...this.#kinds.values()].every(({ followed }) => followed.informer.settled)
    return this.#known
  }

  /** Kinds that are waited for, and what is wrong with them ('' = nothing so far). */
  awaited(): ReadonlyMap<string, string> {
    const kinds = [...this.#kinds].filter(([, { followed }]) => !followed.informer.settled)
    return new Map(kinds.map(([{ kind }, { followed }]) => [kind, followed.informer.trouble]))
  }

  /** In the order of translators. Call when it is `known`. */
  translate(surroundings: Surroundings): readonly Translation[] {
    // What came together is seen together.
    for (const { followed } of this.#kinds.values()) followed.informer.flush()
    const objects = <Kept>(resource: Resource<never, Kept>) => this.#show(resource as AnyResource) as ReadonlyMap<string, Kept>
    const view: ClusterView = { objects, ...surroundings }
    return this.#settings.translators.map((translator) => this.#translate(translator, view))
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const { followed } of this.#kinds.values()) followed.release()
    this.#kinds.clear()
  }

  #changed(kind: Kind): void {
    kind.shown = null
    if (kind.translated || !this.#known) this.#settings.changed()
  }

  #translate(translator: Translator, view: ClusterView): Translation {
    const from = [
      ...translator.resources.map((resource) => view.objects(resource)),
      view.listeners,
      view.unusable,
      view.plugins,
    ]
    const before = this.#made.get(translator)
    if (before?.from.every((each, i) => each === from[i])) return before.translation
    try {
      const translation = translator.translate(view)
      this.#made.set(translator, { from, translation })
      this.#failures.delete(translator)
      return translation
    } catch (error) {
      this.#failed(translator, error as Error)
      return before?.translation ?? NOTHING
    }
  }

  /** Said once: it is tried at each change. */
  #failed(translator: Translator, { message, stack }: Error): void {
    if (this.#failures.get(translator) === message) return
    this.#failures.set(translator, message)
    const fields = { source: translator.source, reason: message, stack }
    this.#settings.informers.environment.log('error', 'objects cannot be translated; what they came to before stays', fields)
  }

  /** A copy, because informers go on with theirs. */
  #show(resource: AnyResource): ReadonlyMap<string, unknown> {
    const kind = this.#kinds.get(resource)
    if (kind === undefined) throw new Error(`a translator asks for ${resource.kind}, which it does not name`)
    kind.shown ??= new Map(kind.followed.informer.objects)
    return kind.shown
  }
}

const NOTHING: Translation = {
  listeners: [],
  certificates: new Map(),
  routes: [],
  upstreams: new Map(),
  origins: new Map(),
  reports: [],
  objects: [],
}
