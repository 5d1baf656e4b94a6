// The contract of route lookup: what a route asks for (rules, compiled once) and how a request is looked up.

/** Values of one request that predicates look at. Names of headers are lower case. Nothing is decoded. */
export interface RequestFields {
  /** All lines of that name joined by `, `; null when there is none. */
  header(name: string): string | null
  /** First value of that query parameter (`?a=1&a=2` gives `1`), percent-decoded; null when absent. */
  query(name: string): string | null
  /** First cookie of that name; null when absent. */
  cookie(name: string): string | null
}

export type ValueMatch =
  | { readonly type: 'exact'; readonly value: string }
  | { readonly type: 'regex'; readonly value: string }
  | { readonly type: 'present'; readonly value: boolean }

export interface NamedMatch {
  readonly name: string
  readonly match: ValueMatch
}

/** One alternative of a route's `match` list: everything in it must hold. */
export interface RequestMatch {
  readonly path: { readonly type: 'exact' | 'prefix' | 'regex'; readonly value: string } | null
  /** Empty = every method. */
  readonly methods: readonly string[]
  readonly headers: readonly NamedMatch[]
  readonly query: readonly NamedMatch[]
  readonly cookies: readonly NamedMatch[]
}

/** A route as the table sees it; `order` is the place where it was written. */
export interface RouteRule<R> {
  /** Lower case, without port and trailing dot; `*.example.org` matches any depth below. Empty = every host. */
  readonly hosts: readonly string[]
  /** Any one of these; empty = every request. */
  readonly match: readonly RequestMatch[]
  readonly value: R
}

export interface RouteTable<R> {
  /**
   * The best route or null. Synchronous; allocates nothing on a static hit (exact path or prefix without further predicates).
   * `host` is lower case without port and trailing dot (`''` when the request had none); `path` is the normalised path.
   * Precedence: exact host, longest wildcard, none; exact path, longest prefix (a regex ranks by its length, after prefixes of
   * the same length), method, number of headers (cookies count as headers), number of query parameters, order written.
   */
  match(host: string, path: string, method: string, fields: RequestFields): R | null
  /**
   * Why `match` says what it says, from the very same table: the rule that wins first, then the others that share host or path
   * with the request, closest first. Slow: it looks at every rule.
   */
  explain(host: string, path: string, method: string, fields: RequestFields): Considered<R>[]
  /** Only the one that wins; as quick as `match`. */
  reason(host: string, path: string, method: string, fields: RequestFields): RouteReason<R>
}

/** Why a rule was taken, or none. */
export interface RouteReason<R> {
  /** null = none was. */
  readonly value: R | null
  /** In words; '' where none was. */
  readonly why: string
  /** How many rules the hosts have that cover the request's. */
  readonly rules: number
}

/** A rule that came near; one for each value. */
export interface Considered<R> {
  readonly value: R
  readonly wins: boolean
  /** In words; ask before the fields are reused. */
  why(): string
}
