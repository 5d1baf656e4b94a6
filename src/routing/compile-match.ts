// One alternative of a route in the form that tables hold it: made once, however many hosts, listeners and configurations have it.

import { normalizePath } from '../model/request-path.ts'
import type { RequestMatch } from '../model/route-table.ts'
import { FullRegex } from './full-regex.ts'
import { type Conditions, compileConditions } from './predicates.ts'

export interface CompiledMatch {
  readonly kind: 'exact' | 'prefix' | 'regex'
  /** As paths are compared; of a prefix without slashes at its end, '' = every path. */
  readonly path: string
  /** Of the path; null = it is none. */
  readonly regex: FullRegex | null
  /** null = nothing beside the path is asked. */
  readonly conditions: Conditions | null
}

const withCase = new WeakMap<RequestMatch, CompiledMatch>()
const withoutCase = new WeakMap<RequestMatch, CompiledMatch>()

/** Throws on a regex that is not RE2 syntax. */
export function compileMatch(match: RequestMatch, caseSensitive: boolean): CompiledMatch {
  const known = caseSensitive ? withCase : withoutCase
  let compiled = known.get(match)
  if (compiled === undefined) {
    compiled = compile(match, caseSensitive)
    known.set(match, compiled)
  }
  return compiled
}

function compile(match: RequestMatch, caseSensitive: boolean): CompiledMatch {
  const { type: kind, value } = match.path ?? { type: 'prefix', value: '/' }
  const conditions = compileConditions(match)
  if (kind === 'regex') return { kind, path: '', regex: new FullRegex(value, !caseSensitive), conditions }
  const path = spellPath(value, caseSensitive)
  return { kind, path: kind === 'prefix' ? path.replace(/\/+$/, '') : path, regex: null, conditions }
}

/** A path of a rule in the form that it has in requests; as written when it has none there. */
function spellPath(written: string, caseSensitive: boolean): string {
  const ascii = written.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(text.toWellFormed()))
  const path = normalizePath(ascii, { mergeSlashes: false, encodedSlash: 'keep' }) ?? ascii
  return caseSensitive ? path : path.toLowerCase()
}
