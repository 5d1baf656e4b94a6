// The schema library's issues in the words of an operator.

import type * as z from 'zod'
import { keyHint } from './key-hints.ts'
import { type Finding, finding, type Path } from './problem.ts'
import { AT_KEY } from './written.ts'

/** Messages for what no building block has its own for. One line for each unknown key, see `findings`; `hint` stands behind it. */
export function explain(issue: z.core.$ZodRawIssue, hint = keyHint): string {
  if (issue.input === undefined && issue.code !== 'invalid_key') return `missing key "${String(issue.path?.at(-1) ?? '')}"`
  switch (issue.code) {
    case 'unrecognized_keys': {
      const { shape = {} } = (issue.inst as z.ZodObject | undefined)?.def ?? {}
      const known = Object.keys(shape)
      return issue.keys.map((key) => `unknown key ${JSON.stringify(key)}${hint(key, known)}`).join('\n')
    }
    case 'invalid_type':
      return `expected ${NOUNS[issue.expected] ?? issue.expected}${keysOf(issue)}, got ${noun(issue.input)}${issue.expected === 'string' ? quoteHint(issue.input) : issue.expected === 'array' ? listHint(issue.input) : ''}`
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}, got ${noun(issue.input)}`
    case 'invalid_union':
      return NO_ALTERNATIVE
    case 'too_small':
      return 'this is empty'
    default:
      return `this is not valid: ${issue.message ?? issue.code}`
  }
}

/** The keys that a block may have, where they are few enough to be a help. */
function keysOf({ inst }: z.core.$ZodRawIssue): string {
  const names = Object.keys((inst as z.ZodObject | undefined)?.def?.shape ?? {})
  return names.length === 0 || names.length > 10 ? '' : ` (${names.join(', ')})`
}

/** Stands for a message that is made of those of the alternatives. */
const NO_ALTERNATIVE = 'none of the alternatives'

const NOUNS: Readonly<Record<string, string>> = {
  object: 'a block of keys',
  record: 'a block of keys',
  array: 'a list',
  string: 'text',
}

const quoteHint = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'boolean' ? '; text that looks like something else stands in quotes' : ''

/** One thing for a list of them. */
const listHint = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number'
    ? `: write [${value}]`
    : value !== null && typeof value === 'object'
      ? ': each item begins with -, or stands in [ ]'
      : ''

function noun(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a block of keys' : typeof value === 'string' ? `"${value}"` : String(value)
}

/** Every issue as a finding; of alternatives only the one that was meant. */
export function findings(issues: readonly z.core.$ZodIssue[], base: Path = []): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
    switch (issue.code) {
      case 'unrecognized_keys': {
        const lines = issue.message.split('\n')
        return issue.keys.map((key, index) => finding([...path, key], lines[index] as string, 'key'))
      }
      case 'invalid_union': {
        const meant = issue.errors.find((branch) => !branch.some(isOtherKind))
        return meant ? findings(meant, path) : [finding(path, alternatives(issue))]
      }
      case 'invalid_key':
        return issue.issues.map(({ message }) => finding(path, message, 'key'))
      default:
        return [finding(path, issue.message, meansKey(issue) ? 'key' : 'value')]
    }
  })
}

/** Whether a branch of a union failed because the value is of another kind altogether. */
function isOtherKind(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isOtherKind))
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof issue.input !== 'string')
}

function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  if (issue.message !== NO_ALTERNATIVE) return issue.message
  const expected = issue.errors
    .flatMap((branch) => branch.filter(isOtherKind))
    .map(({ message }) => message.replace(/^expected /, '').replace(/, got .*$/s, ''))
  const quote = expected.includes('text') ? quoteHint(issue.input) : ''
  return `expected ${[...new Set(expected)].join(' or ')}, got ${noun(issue.input)}${quote}`
}

const meansKey = (issue: z.core.$ZodIssue): boolean =>
  (issue.code === 'invalid_type' && issue.expected === 'never') || (issue.code === 'custom' && issue.params?.at === AT_KEY.at)
