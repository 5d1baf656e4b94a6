// The routes of one host: exact paths and prefixes in a path index, regexes in a list. Not changed any more once it is sealed: tables
// share those of hosts whose rules stay.

import type { RequestFields, RouteRule } from '../model/route-table.ts'
import type { CompiledMatch } from './compile-match.ts'
import type { FullRegex } from './full-regex.ts'
import { type Conditions, compareConditions } from './predicates.ts'
import { mix, SliceMap } from './slice-map.ts'

const SLASH = 0x2f

/** One alternative of one route. `order` is the route's place among those of its host. */
export interface Candidate<R> {
  readonly rule: RouteRule<R>
  readonly order: number
  readonly conditions: Conditions | null
  /** Where in the table it stands. */
  readonly match: CompiledMatch
  /** Why it is taken where it is, in words, the same for each request; '' = nobody has asked yet. */
  why: string
}

export interface RegexCandidate<R> extends Candidate<R> {
  readonly regex: FullRegex
}

/** One path of one host that is written as exact, as prefix or both; each list best first. */
export class PathNode<R> {
  /** As it is compared. */
  readonly path: string
  exact: Candidate<R>[] | null = null
  prefix: Candidate<R>[] | null = null
  /** The next shorter prefix of the same host. */
  wider: PathNode<R> | null = null

  constructor(path: string) {
    this.path = path
  }
}

/** Of the first capacity of a path index: most hosts have few paths. */
const FEW = 2

export class HostRoutes<R> {
  /** What it was made of, in their order. */
  readonly rules: readonly RouteRule<R>[]
  readonly #paths = new SliceMap<PathNode<R>>(FEW)
  /** Its nodes in the index. */
  readonly nodes: PathNode<R>[] = []
  /** Prefix `/`: what every path is below. */
  readonly root = new PathNode<R>('/')
  /** Longest first, then best first. */
  regexes: RegexCandidate<R>[] | null = null
  /** Of the paths in the index, in characters: a longer request path is not read beyond. */
  #longest = 0

  constructor(rules: readonly RouteRule<R>[]) {
    this.rules = rules
  }

  /** The node of a path as written, made when there is none. */
  nodeOf(path: string): PathNode<R> {
    let hash = 0
    for (let i = 0; i < path.length; i++) hash = mix(hash, path.charCodeAt(i))
    let node = this.#paths.find(hash, path, 0, path.length)
    if (node === null) {
      node = new PathNode<R>(path)
      this.#paths.add(hash, path, node)
      this.nodes.push(node)
      if (path.length > this.#longest) this.#longest = path.length
    }
    return node
  }

  /** Sorts what was placed and links each prefix to the next shorter one. Call once, when all of them are in. */
  seal(): void {
    this.root.prefix?.sort(compareCandidates)
    this.regexes?.sort((a, b) => b.regex.source.length - a.regex.source.length || compareCandidates(a, b))
    for (const node of this.nodes) {
      node.exact?.sort(compareCandidates)
      node.prefix?.sort(compareCandidates)
      node.wider = this.#prefixAbove(node.path)
    }
  }

  /** The best candidate of this host whose conditions hold, or null. */
  find(path: string, method: string, fields: RequestFields): Candidate<R> | null {
    const stop = Math.min(path.length, this.#longest)
    let hash = 0
    let longest = this.root
    for (let i = 0; i < stop; i++) {
      const unit = path.charCodeAt(i)
      if (unit === SLASH && i > 0) longest = this.#prefixAt(hash, path, i) ?? longest
      hash = mix(hash, unit)
    }
    if (stop === path.length) {
      const node = this.#paths.find(hash, path, 0, stop)
      if (node !== null) {
        if (node.exact !== null) {
          const found = first(node.exact, method, fields)
          if (found !== null) return found
        }
        if (node.prefix !== null) longest = node
      }
    } else if (stop > 0 && path.charCodeAt(stop) === SLASH) {
      longest = this.#prefixAt(hash, path, stop) ?? longest
    }
    return this.#firstBelow(longest, path, method, fields)
  }

  /** The longest prefix that `path` is below, `path` itself not counted. */
  #prefixAbove(path: string): PathNode<R> {
    let hash = 0
    let longest = this.root
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i)
      if (unit === SLASH && i > 0) longest = this.#prefixAt(hash, path, i) ?? longest
      hash = mix(hash, unit)
    }
    return longest
  }

  #prefixAt(hash: number, path: string, end: number): PathNode<R> | null {
    const node = this.#paths.find(hash, path, 0, end)
    return node !== null && node.prefix !== null ? node : null
  }

  /** Prefixes from the longest to `/`, and between them the regexes that are longer than the next prefix. */
  #firstBelow(longest: PathNode<R>, path: string, method: string, fields: RequestFields): Candidate<R> | null {
    const regexes = this.regexes
    let next = 0
    for (let node: PathNode<R> | null = longest; node !== null; node = node.wider) {
      if (regexes !== null) {
        for (; next < regexes.length; next++) {
          const candidate = regexes[next] as RegexCandidate<R>
          if (candidate.regex.source.length <= node.path.length) break
          if (accepts(candidate, path, method, fields)) return candidate
        }
      }
      if (node.prefix !== null) {
        const found = first(node.prefix, method, fields)
        if (found !== null) return found
      }
    }
    if (regexes !== null) {
      for (; next < regexes.length; next++) {
        const candidate = regexes[next] as RegexCandidate<R>
        if (accepts(candidate, path, method, fields)) return candidate
      }
    }
    return null
  }
}

function accepts<R>(candidate: RegexCandidate<R>, path: string, method: string, fields: RequestFields): boolean {
  return (candidate.conditions === null || candidate.conditions.hold(method, fields)) && candidate.regex.matches(path)
}

function first<R>(candidates: Candidate<R>[], method: string, fields: RequestFields): Candidate<R> | null {
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i] as Candidate<R>
    if (candidate.conditions === null || candidate.conditions.hold(method, fields)) return candidate
  }
  return null
}

/** Best first: method, most headers and cookies, most query parameters, order written. */
function compareCandidates<R>(a: Candidate<R>, b: Candidate<R>): number {
  return compareConditions(a.conditions, b.conditions) || a.order - b.order
}
