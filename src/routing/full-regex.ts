// Regular expressions of routes: RE2 syntax, linear time whatever a client sends, always against the whole value.

import { RE2JS } from 're2js'

const META = /[\\^$.|?*+()[\]{}]/

export class FullRegex {
  readonly source: string
  readonly #regex: RE2JS
  /** What every match begins with; comparing it first spares most routes the automaton. */
  readonly #start: string

  /** Throws RE2's error when `source` is not RE2 syntax. */
  constructor(source: string, ignoreCase: boolean) {
    this.source = source
    this.#regex = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
    this.#start = ignoreCase ? literalStart(source).toLowerCase() : literalStart(source)
  }

  /** With `ignoreCase` the value must be in lower case. */
  matches(value: string): boolean {
    return value.startsWith(this.#start) && this.#regex.testExact(value)
  }
}

/** The characters up to the first operator, less the last one, which the operator may make optional. */
function literalStart(source: string): string {
  const body = source.startsWith('^') ? source.slice(1) : source
  const end = body.search(META)
  if (end < 0) return body
  return body.includes('|') ? '' : body.slice(0, Math.max(0, end - 1))
}
