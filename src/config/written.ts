// Building blocks of the schema: objects whose unknown keys are errors, keys that are known but not built, and texts that are
// read into something else. What an editor should know of a value is its `written` meta, see json-schema.ts.

import * as z from 'zod'
import { didYouMean } from './suggest.ts'

/** What a reader of text returns instead of a value: why the text is not one. */
export class Refusal {
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}

export const refuse = (why: string): Refusal => new Refusal(why)

/** The JSON Schema of a value as it is written. `title` names the kind of value on the reference page. */
export interface Written {
  readonly title: string
  readonly type?: string | readonly string[]
  readonly pattern?: string
  readonly anyOf?: readonly object[]
  readonly minimum?: number
  readonly maximum?: number
  readonly examples?: readonly unknown[]
}

/** Any text with `${ENV}` in it is let through by editors: what it becomes is not known to them. */
export const ENVIRONMENT_PATTERN = '\\$\\{[A-Z_]'

/** A pattern for editors that also lets `${ENV}` through. */
export const patternOrEnvironment = (pattern: string): string => `${pattern}|${ENVIRONMENT_PATTERN}`

/** The message for a value of the wrong type; null leaves a missing key to the general message. */
export const expecting = (what: string) => ({
  error: (issue: { readonly input?: unknown }): string | null => (issue.input === undefined ? null : `expected ${what}`),
})

/** Text that `read` turns into something. */
export function text<T>(what: string, read: (written: string) => T | Refusal, written: Written) {
  const error = (issue: { readonly input?: unknown }): string | null => {
    const { input } = issue
    const quotes = (typeof input === 'number' || typeof input === 'boolean') && !(read(String(input)) instanceof Refusal)
    return quotes ? `expected ${what}: write "${input}", in quotes` : expecting(what).error(issue)
  }
  return z
    .string({ error })
    .transform((value, context): T => settle(read(value), value, context))
    .meta({ written: { type: 'string', ...written } })
}

/** A number or text (`"8"`, or what `${ENV}` became) that `read` turns into something. */
export function numberOrText<T>(what: string, read: (written: string) => T | Refusal, written: Written) {
  return z
    .union([z.number(), z.string()], expecting(what))
    .transform((value, context): T => settle(read(String(value)), value, context))
    .meta({ written })
}

function settle<T>(read: T | Refusal, input: unknown, context: z.core.$RefinementCtx): T {
  if (!(read instanceof Refusal)) return read
  context.addIssue({ code: 'custom', message: read.why, input })
  return z.NEVER
}

/** `params` of an issue that means the key and not its value. */
export const AT_KEY = { at: 'key' } as const

/** A block: every key by name, anything else is an error. */
export const block = z.strictObject

/** A block that may be left out and has the defaults of its keys then. */
export const defaulted = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape).prefault({} as never)

/**
 * Names that are the writer's own, and their values. Libraries leave `__proto__` out without a word, and a match with a condition less
 * would take what it must not: here it is an error.
 */
export const named = <Key extends z.core.$ZodRecordKey, Value extends z.core.$ZodType>(
  key: Key,
  value: Value,
): z.ZodRecord<Key, Value> =>
  z.preprocess(
    (written, context) => {
      if (Object.hasOwn(Object(written), '__proto__'))
        context.addIssue({
          code: 'custom',
          message: 'the name "__proto__" is not allowed',
          path: ['__proto__'],
          params: AT_KEY,
          input: written,
        })
      return written
    },
    z.record(key, value),
  ) as unknown as z.ZodRecord<Key, Value>

/** A key that is known and whose feature is not built yet: refused by name, its content is not looked at. */
export const later = (name: string) =>
  z
    .never({ error: `${name} is not supported yet` })
    .optional()
    .meta({ written: { title: 'not supported yet', not: {} } })

/** Words of other programs in the place of ours, and what to say about them. */
export type ForeignWords = Readonly<Record<string, string>>

/** A choice of words, called `what` in errors; those of `notYet` are known and refused by name. */
export function choice<const T extends readonly string[]>(
  what: string,
  words: T,
  notYet: readonly string[] = [],
  foreign: ForeignWords = {},
) {
  const error = ({ input }: { readonly input?: unknown }): string | null => {
    if (typeof input !== 'string') return input === undefined ? null : `expected ${words.join(', ')}`
    if (notYet.includes(input)) return `${what} ${input} is not supported yet`
    const word = input.toLowerCase().replaceAll('_', '-')
    if (Object.hasOwn(foreign, word)) return `unknown ${what} "${input}": ${foreign[word]}`
    return `unknown ${what} "${input}"${didYouMean(input, [...words, ...notYet]) || `; expected ${words.join(', ')}`}`
  }
  return z
    .enum(words, { error })
    .meta({ written: { title: words.join(' | '), anyOf: [{ enum: words }, { type: 'string', pattern: ENVIRONMENT_PATTERN }] } })
}

/** The word that switches a block off, where it could stand; null then. `such` is an example of the block. */
export const offOr = (such: string) =>
  text('off', (written) => (written === 'off' ? null : refuse(`expected off or a block such as ${such}; got "${written}"`)), {
    title: 'off',
    pattern: '^off$',
  })

/** One or a list of them; always a list afterwards. */
export const oneOrMore = <S extends z.ZodType>(item: S) =>
  z.union([item, z.array(item).min(1, 'at least one is needed')]).transform((value) => [value].flat(1) as z.output<S>[])
