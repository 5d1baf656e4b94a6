// Scalar values as they are written: durations, sizes, shares, numbers, booleans, names.

import * as z from 'zod'
import { ENVIRONMENT_PATTERN, expecting, numberOrText, patternOrEnvironment, type Refusal, refuse, text } from './written.ts'

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
/** The longest that a timer can wait. */
const MAX_DURATION = 2 ** 31 - 1

function readDuration(written: string, min: number): number | Refusal {
  const parts = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(written)
  if (!parts) return refuse(`expected a duration such as 250ms, 5s, 2m or 1h; got "${written}"`)
  const ms = Number(parts[1]) * MS_PER_UNIT[parts[2] as keyof typeof MS_PER_UNIT]
  if (!Number.isInteger(ms)) return refuse(`${written} is not a whole number of milliseconds`)
  if (ms < min) return refuse(min === 0 ? `${written} is negative` : `${written} is too short: at least ${min}ms`)
  if (ms > MAX_DURATION) return refuse(`${written} is too long: at most 596h`)
  return ms
}

const DURATION_PATTERN = '\\d+(\\.\\d+)?(ms|s|m|h)'

/** Milliseconds; `min` is the shortest that makes sense. */
export const duration = (min = 1) =>
  text('a duration such as 250ms, 5s, 2m or 1h', (written) => readDuration(written, min), {
    title: 'duration',
    pattern: patternOrEnvironment(`^${DURATION_PATTERN}$`),
  })

/** Milliseconds, or null for the word. */
export const durationOr = (word: string, min = 1) =>
  text(
    `a duration such as 250ms, 5s, 2m or 1h, or ${word}`,
    (written) => (written === word ? null : readDuration(written, min)),
    { title: `duration | ${word}`, pattern: patternOrEnvironment(`^(${word}|${DURATION_PATTERN})$`) },
  )

/** Milliseconds, or null for `off`. */
export const durationOrOff = (min = 1) => durationOr('off', min)

const BYTES_PER_UNIT = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

function readSize(written: string, min: number, max: number): number | Refusal {
  const parts = /^(-?\d+(?:\.\d+)?)(|KiB|MiB|GiB)$/.exec(written)
  if (!parts) return refuse(`expected a size such as 512, 64KiB or 10MiB; got "${written}"`)
  const bytes = Number(parts[1]) * BYTES_PER_UNIT[parts[2] as keyof typeof BYTES_PER_UNIT]
  if (!Number.isSafeInteger(bytes)) return refuse(`${written} is not a whole number of bytes`)
  if (bytes < min) return refuse(`${written} is too small: at least ${min}`)
  if (bytes > max) return refuse(`${written} is too large: at most ${max}`)
  return bytes
}

const sizeSchema = (words: string, off: string) => ({
  title: `size${words}`,
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: patternOrEnvironment(`^(${off}\\d+(\\.\\d+)?(KiB|MiB|GiB)?)$`) },
  ],
})

/** Bytes, from `min` to `max`. */
export const size = (min: number, max: number) =>
  numberOrText('a size such as 512, 64KiB or 10MiB', (written) => readSize(written, min, max), sizeSchema('', ''))

/** Bytes, or null for `off`. */
export const sizeOrOff = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  numberOrText(
    'a size such as 512, 64KiB or 10MiB, or off',
    (written) => (written === 'off' ? null : readSize(written, min, max)),
    sizeSchema(' | off', 'off|'),
  )

function readShare(written: string): number | Refusal {
  const parts = /^(-?\d+(?:\.\d+)?)%$/.exec(written)
  if (!parts) return refuse(`expected a share such as 20%; got "${written}"`)
  const percent = Number(parts[1])
  if (percent < 0 || percent > 100) return refuse(`${written} is not between 0% and 100%`)
  return percent / 100
}

/** A fraction from 0 to 1, written `20%`. */
export const share = () =>
  text('a share such as 20%', readShare, { title: 'share', pattern: patternOrEnvironment('^\\d+(\\.\\d+)?%$') })

/** The same, or null for `off`. */
export const shareOrOff = () =>
  text('a share such as 20%, or off', (written) => (written === 'off' ? null : readShare(written)), {
    title: 'share | off',
    pattern: patternOrEnvironment('^(off|\\d+(\\.\\d+)?%)$'),
  })

function readInteger(written: string, min: number, max: number, what: string): number | Refusal {
  if (!/^-?\d+$/.test(written)) return refuse(`expected ${what}; got "${written}"`)
  const value = Number(written)
  if (value < min) return refuse(`${written} is too small: at least ${min}`)
  if (value > max) return refuse(`${written} is too large: at most ${max}`)
  return value
}

const integerSchema = (min: number, max: number, word?: string) => ({
  title: word === undefined ? 'number' : `number | ${word}`,
  anyOf: [
    { type: 'integer', minimum: min, maximum: max },
    { type: 'string', pattern: word === undefined ? ENVIRONMENT_PATTERN : patternOrEnvironment(`^${word}$`) },
  ],
})

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number) =>
  numberOrText('a whole number', (written) => readInteger(written, min, max, 'a whole number'), integerSchema(min, max))

/** A whole number from `min` to `max`, or null for `off`. */
export const integerOrOff = (min: number, max: number) =>
  numberOrText(
    'a whole number or off',
    (written) => (written === 'off' ? null : readInteger(written, min, max, 'a whole number or off')),
    integerSchema(min, max, 'off'),
  )

/** A whole number from `min` to `max`, or the word `auto`. */
export const integerOrAuto = (min: number, max: number) =>
  numberOrText(
    'a whole number or auto',
    (written): number | 'auto' | Refusal =>
      written === 'auto' ? 'auto' : readInteger(written, min, max, 'a whole number or auto'),
    integerSchema(min, max, 'auto'),
  )

/** true or false; as text only because that is what `${ENV}` becomes. */
export const boolean = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])], expecting('true or false'))
    .transform((value) => value === true || value === 'true')
    .meta({ written: { title: 'boolean', anyOf: [{ type: 'boolean' }, { type: 'string', pattern: ENVIRONMENT_PATTERN }] } })

/** The name of a listener, route or upstream: what stands in logs and metrics. */
export const name = () =>
  text(
    'a name',
    (written) => {
      if (written.length > 512) return refuse('this name is longer than 512 characters')
      return /^[\w][\w.~:/@-]*$/.test(written)
        ? written
        : refuse(`"${written}" is not a name: letters, digits and . _ ~ : / @ -, beginning with a letter, a digit or _`)
    },
    { title: 'name', pattern: patternOrEnvironment('^\\w[\\w.~:/@-]*$') },
  )

const TOKEN = /^[!#$%&'*+\-.^`|~\w]+$/

/** A token of RFC 9110 5.6.2: methods, header names, cookie names. */
export const isToken = (written: string): boolean => TOKEN.test(written)
