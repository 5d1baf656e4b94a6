// What is known of all objects of one kind: kept in step, told in batches, kept while the API server is away.

import { InformerPart, type InformerSettings } from './informer-part.ts'

/** One object that was added (before null), changed, or deleted (now null). */
export interface Change<Kept> {
  /** `namespace/name`; `name` of what has no namespace. */
  readonly key: string
  readonly before: Kept | null
  readonly now: Kept | null
}

export type ChangeListener<Kept> = (changes: readonly Change<Kept>[]) => void

export class Informer<Kept> {
  /** By key. The last good state, however old. */
  readonly objects: ReadonlyMap<string, Kept>
  readonly #settings: InformerSettings<Kept>
  readonly #objects = new Map<string, Kept>()
  readonly #parts: readonly InformerPart<Kept>[]
  readonly #listeners = new Set<ChangeListener<Kept>>()
  /** By key, what each object was when it was told last. */
  #changed = new Map<string, Kept | null>()
  #scheduled: NodeJS.Immediate | null = null
  /** A namespace was listed, or refused, for the first time. */
  #first = false

  constructor(settings: InformerSettings<Kept>) {
    this.#settings = settings
    this.objects = this.#objects
    const { resource, namespaces } = settings
    const asked = resource.namespace === undefined ? namespaces : [resource.namespace]
    const parts = !resource.namespaced || asked.length === 0 ? [null] : asked
    this.#parts = parts.map(
      (namespace) => new InformerPart(namespace, settings, this.#objects, (key, before) => this.#note(key, before)),
    )
  }

  /** Every object was listed once; also when the API server does not know the kind (`absent`). */
  get synced(): boolean {
    return this.#parts.every(({ synced }) => synced)
  }

  /** Nothing more comes by itself: what is not known is what this account may not see. */
  get settled(): boolean {
    return this.#parts.every(({ synced, refused }) => synced || refused)
  }

  /** The same for the objects of one namespace: the account may be allowed some only. */
  syncedIn(namespace: string): boolean {
    return this.#parts.some((part) => part.synced && (part.namespace === null || part.namespace === namespace))
  }

  /** The API server does not know the kind, e.g. because its CRD is not installed; it is asked again. */
  get absent(): boolean {
    return this.#parts.every(({ absent }) => absent)
  }

  /** What is wrong now; '' = nothing. */
  get trouble(): string {
    return this.#parts.find(({ trouble }) => trouble !== '')?.trouble ?? ''
  }

  /** Milliseconds since the last sign that what is known is so; before the first one since the start. */
  get age(): number {
    const now = this.#settings.environment.deadlines.clock.now()
    return Math.max(...this.#parts.map(({ aliveAt }) => now - aliveAt))
  }

  /**
   * `listener` is told what changed, at most once a turn of the event loop: first of all that there is (perhaps nothing) when
   * everything, or one of several namespaces, was listed or is refused. What is known already is not told: look at `objects`. Returns what ends it.
   */
  subscribe(listener: ChangeListener<Kept>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells now what would be told at the end of the turn: for who goes by several kinds together. */
  flush(): void {
    if (this.#scheduled === null) return
    clearImmediate(this.#scheduled)
    this.#tell()
  }

  stop(): void {
    for (const part of this.#parts) part.stop()
    if (this.#scheduled !== null) clearImmediate(this.#scheduled)
    this.#listeners.clear()
  }

  #note(key: string | null, before: Kept | null): void {
    if (key === null) this.#first = true
    else if (!this.#changed.has(key)) this.#changed.set(key, before)
    this.#scheduled ??= setImmediate(() => this.#tell())
  }

  #tell(): void {
    this.#scheduled = null
    const changed = this.#changed
    this.#changed = new Map()
    const first = this.#first
    this.#first = false
    const changes: Change<Kept>[] = []
    for (const [key, before] of changed) {
      const now = this.#objects.get(key) ?? null
      if (now !== before) changes.push({ key, before, now })
    }
    if (changes.length === 0 && !first) return
    for (const listener of [...this.#listeners]) listener(changes)
  }
}
