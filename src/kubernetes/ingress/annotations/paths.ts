// What a path becomes where `use-regex` or `rewrite-target` asks for regular expressions.

import { RE2JS } from 're2js'
import { regexSize } from '../../../config/regex-size.ts'
import type { PathEffects, Written } from './effects.ts'

export interface PathOfRule {
  /** `path` of a match. */
  readonly path: Written
  /** Behind those of the annotations. */
  readonly filters: readonly Written[]
}

const LONGEST = 2048

/**
 * Of a path that is `exact`, or that is a regular expression without case, anchored at its beginning (only for effects with `regex`).
 * A string says why it cannot be: no route of the path can be made then. Lengths stay close to what is written, because the longest
 * goes first: four characters more than the path, two more where it is open at its end.
 */
export function pathOfRule({ rewrite }: PathEffects, path: string, exact: boolean): PathOfRule | string {
  if (exact) {
    const fixed = rewrite === null ? null : withoutGroups(rewrite, 0)
    return { path: { exact: path }, filters: fixed === null ? [] : [{ rewrite: { path: fixed.replace(/^\/*/, '/') } }] }
  }
  if (path.length > LONGEST) return `it is longer than ${LONGEST} characters`
  if (regexSize(path) > LONGEST) return `it is longer than ${LONGEST} characters with its repetitions written out`
  const body = alternates(path) ? `(?:${path})` : path
  const regex = `(?i)${body}${/(\.\*\)?|[^\\]\$)$/.test(path) ? '' : '.*'}`
  let groups: number
  try {
    groups = RE2JS.compile(regex).groupCount()
  } catch (error) {
    return `it is not a regular expression of RE2: ${error instanceof Error ? error.message : String(error)}`
  }
  const filters = rewrite === null ? [] : [{ rewrite: { regex: `^${regex}$`, to: withoutGroups(rewrite, groups) } }]
  return { path: { regex }, filters }
}

/** Groups that are not there are empty in nginx. */
const withoutGroups = (to: string, groups: number): string =>
  to.replace(/\$([1-9])/g, (whole, number) => (Number(number) > groups ? '' : whole))

/** There is a `|` outside of all parentheses. */
function alternates(path: string): boolean {
  let depth = 0
  for (let at = 0; at < path.length; at++) {
    const character = path[at]
    if (character === '\\') at++
    else if (character === '[') {
      const end = path.indexOf(']', at + 2)
      if (end === -1) return false
      at = end
    } else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '|' && depth === 0) return true
  }
  return false
}
