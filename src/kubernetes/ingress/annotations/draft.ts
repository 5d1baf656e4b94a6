// Effects while they are being put together, and what is said on the way.

import type { UpstreamConfig } from '../../../config/model.ts'
import type { KeptMetadata } from '../../object-reference.ts'
import type { ObjectProblem } from '../../translation.ts'
import type {
  AnnotationEffects,
  AnnotationLook,
  AnnotationVerdict,
  CanaryEffects,
  ClientAuthEffects,
  HttpsEffects,
  PathEffects,
  Written,
} from './effects.ts'
import type { Faith } from './entry.ts'
import { FieldEdits } from './field-edits.ts'

/** Reasons of problems with annotations: the whole set. */
export type AnnotationReason =
  | 'InvalidAnnotation'
  | 'UnknownAnnotation'
  | 'RefusedAnnotation'
  | 'DifferingAnnotation'
  | 'ConflictingAnnotations'

/** Of one annotation. */
const MOST_PROBLEMS = 10
/** Characters of what is said about one. */
const MOST_WORDS = 2000

const GRADES: readonly Faith[] = ['exact', 'differs', 'refused']

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** In the order in which filters of one kind go: the answer's fields also where a filter answers. */
const ORDER = ['responseHeaders', 'cors', 'redirect', 'respond', 'bodyLimit', 'requestHeaders', 'rewrite'] as const

export class Draft {
  readonly meta: KeptMetadata
  readonly look: AnnotationLook
  /** Seconds. */
  readonly timeouts: { connect?: number; send?: number; read?: number } = {}
  readonly route: Record<string, unknown> = {}
  readonly upstream: Record<string, unknown> = {}
  /** Keys of routes that count where `route` has none. */
  readonly further: Record<string, unknown> = {}
  /** Filters behind all others, in this order. */
  readonly last: Written[] = []
  readonly upstreams = new Map<string, UpstreamConfig>()
  readonly requestHeaders = new FieldEdits()
  readonly responseHeaders = new FieldEdits()
  readonly paths: Mutable<PathEffects> = { regex: false, caseInsensitive: false, rewrite: null }
  readonly https: Mutable<HttpsEffects> = { redirectWhereTls: true, redirectAlways: false, code: 308 }
  /** Bytes; null = no limit of this Ingress. */
  bodyLimit: number | null = null
  aliases: readonly string[] = []
  wwwRedirect = false
  appRoot: string | null = null
  canary: CanaryEffects | null = null
  clientAuth: ClientAuthEffects | null = null
  /** Keys of `tls` of upstreams; null = no TLS is asked for. */
  upstreamTls: Record<string, unknown> | null = null
  /** Names of annotations whose value could not be read. */
  readonly wrong = new Set<string>()
  #refuseAll: string | null = null
  readonly #others: Written[] = []
  readonly #names: ReadonlyMap<string, string>
  readonly #verdicts = new Map<string, AnnotationVerdict>()
  readonly #problems: ObjectProblem[] = []

  /** `names`: annotations that are there, with their prefix, by their name without it. */
  constructor(meta: KeptMetadata, look: AnnotationLook, names: ReadonlyMap<string, string>) {
    this.meta = meta
    this.look = look
    this.#names = names
  }

  /** Filters that are given whole; fields and body limits have places of their own. */
  filter(written: Written): void {
    this.#others.push(written)
  }

  /** Taken over as it is, whatever the table says in general. */
  exact(name: string): void {
    this.settle(name, 'exact', '')
  }

  /** Served, but not exactly as asked: the object is told. */
  differs(name: string, words: string): void {
    this.settle(name, 'differs', words)
    this.problem(name, 'DifferingAnnotation', words, 'differs')
  }

  /** Not served; the rest of the rule is. */
  refuse(name: string, words: string, reason: AnnotationReason = 'RefusedAnnotation'): void {
    this.settle(name, 'refused', words)
    this.problem(name, reason, words, 'refused')
  }

  /** No rule of the Ingress is served. */
  refuseAll(name: string, words: string, reason: AnnotationReason = 'RefusedAnnotation'): void {
    this.refuse(name, words, reason)
    this.#refuseAll ??= `annotation ${this.full(name)} cannot be kept: the Events of the Ingress say why`
  }

  /** The worst verdict stays, with the words of all. */
  settle(name: string, verdict: Faith, words: string): void {
    const known = this.#verdicts.get(name) ?? { verdict: 'exact', words: '' }
    const full = known.words.length > MOST_WORDS || known.words.includes(words)
    const all = full ? known.words : known.words === '' ? words : `${known.words}; ${words}`
    const worst = GRADES.indexOf(verdict) > GRADES.indexOf(known.verdict) ? verdict : known.verdict
    this.#verdicts.set(name, { annotation: this.full(name), verdict: worst, words: all })
  }

  problem(name: string, reason: AnnotationReason, words: string, severity: ObjectProblem['severity']): void {
    const path = this.full(name)
    const before = this.#problems.filter((each) => each.path === path)
    // One Ingress must not be worth hundreds of Events; the verdict has the words of all.
    if (before.length >= MOST_PROBLEMS || before.some(({ message }) => message === `${path}: ${words}`)) return
    this.#problems.push({ reason, message: `${path}: ${words}`, path, severity })
  }

  settled(name: string): boolean {
    return this.#verdicts.has(name)
  }

  /** With the prefix that it was written with. */
  full(name: string): string {
    return this.#names.get(name) ?? name
  }

  finish(): AnnotationEffects {
    const { connect, send, read } = this.timeouts
    const route = { ...this.further, ...this.route }
    // Whatever nginx would have let pass passes: an upload may stall for as long as `send` says.
    if (read !== undefined || send !== undefined)
      route.timeout = {
        ...Object(this.further.timeout),
        attempt: `${read ?? 60}s`,
        idle: `${Math.max(read ?? 60, send ?? 60)}s`,
        ...(read === undefined ? {} : { tunnel: `${read}s` }),
      }
    const upstream = { ...this.upstream }
    if (connect !== undefined) upstream.connection = { connectTimeout: `${connect}s` }
    if (this.upstreamTls !== null) upstream.tls = this.upstreamTls
    const filters = this.#filters()
    return {
      route,
      filters,
      answers: filters.some((filter) => 'redirect' in filter || 'respond' in filter),
      upstream,
      upstreams: this.upstreams,
      paths: this.paths,
      https: this.https,
      aliases: this.aliases,
      wwwRedirect: this.wwwRedirect,
      appRoot: this.appRoot,
      canary: this.canary,
      clientAuth: this.clientAuth,
      problems: this.#problems,
      refuseAll: this.#refuseAll,
      verdicts: [...this.#names.keys()].flatMap((name) => this.#verdicts.get(name) ?? []),
    }
  }

  #filters(): Written[] {
    const filters = [...this.#others]
    for (const key of ['responseHeaders', 'requestHeaders'] as const) {
      const edit = this[key].written()
      if (edit !== null) filters.push({ [key]: edit })
    }
    if (this.bodyLimit !== null) filters.push({ bodyLimit: this.bodyLimit })
    const rank = (filter: Written): number => ORDER.findIndex((key) => key in filter)
    return [...filters.sort((a, b) => rank(a) - rank(b)), ...this.last]
  }
}
