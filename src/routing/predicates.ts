// What must hold beside host and path: methods, headers, cookies and query parameters of one alternative of a route.

import type { NamedMatch, RequestFields, RequestMatch } from '../model/route-table.ts'
import { FullRegex } from './full-regex.ts'

/** One named value that must be equal, match, be there or be absent. */
export class Predicate {
  readonly name: string
  readonly exact: string | null
  readonly regex: FullRegex | null
  /** false = it must not be there. */
  readonly present: boolean

  constructor(name: string, { match }: NamedMatch) {
    this.name = name
    this.exact = match.type === 'exact' ? match.value : null
    this.regex = match.type === 'regex' ? new FullRegex(match.value, false) : null
    this.present = match.type === 'present' ? match.value : true
  }

  holds(value: string | null): boolean {
    if (value === null || !this.present) return (value === null) === !this.present
    if (this.exact !== null) return value === this.exact
    return this.regex === null || this.regex.matches(value)
  }
}

/** Everything but host and path of one alternative. Lists are null when there is nothing to ask. */
export class Conditions {
  readonly methods: readonly string[] | null
  readonly headers: readonly Predicate[] | null
  readonly cookies: readonly Predicate[] | null
  readonly query: readonly Predicate[] | null

  constructor(match: RequestMatch) {
    this.methods = match.methods.length > 0 ? match.methods : null
    this.headers = compile(match.headers, (name) => name.toLowerCase())
    this.cookies = compile(match.cookies, (name) => name)
    this.query = compile(match.query, (name) => name)
  }

  hold(method: string, fields: RequestFields): boolean {
    if (this.methods !== null && !this.methods.includes(method)) return false
    if (this.headers !== null) for (const p of this.headers) if (!p.holds(fields.header(p.name))) return false
    if (this.cookies !== null) for (const p of this.cookies) if (!p.holds(fields.cookie(p.name))) return false
    if (this.query !== null) for (const p of this.query) if (!p.holds(fields.query(p.name))) return false
    return true
  }

  /** Negative when `this` is to be tried before `other`: method, then most headers and cookies, then most query parameters. */
  compare(other: Conditions): number {
    return (
      Number(other.methods !== null) - Number(this.methods !== null) ||
      count(other.headers) + count(other.cookies) - count(this.headers) - count(this.cookies) ||
      count(other.query) - count(this.query)
    )
  }
}

/** Null when nothing beside host and path is asked: such an alternative is a static hit. */
export function compileConditions(match: RequestMatch): Conditions | null {
  const asked = match.methods.length + match.headers.length + match.cookies.length + match.query.length
  return asked === 0 ? null : new Conditions(match)
}

/** Order of two alternatives of the same path; null asks least. */
export function compareConditions(a: Conditions | null, b: Conditions | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a.compare(b)
}

function compile(matches: readonly NamedMatch[], spell: (name: string) => string): readonly Predicate[] | null {
  return matches.length === 0 ? null : matches.map((match) => new Predicate(spell(match.name), match))
}

function count(list: readonly Predicate[] | null): number {
  return list === null ? 0 : list.length
}
