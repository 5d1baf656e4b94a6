// Values of annotations as ingress-nginx has them: always text, in the spelling of Go and nginx.

/** What was expected, in words: the value is not it. */
export class Wrong {
  readonly expected: string
  constructor(expected: string) {
    this.expected = expected
  }
}

export type Reader<T> = (written: string) => T | Wrong

export const wrong = (expected: string): Wrong => new Wrong(expected)

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False']

export const flag: Reader<boolean> = (written) =>
  TRUE.includes(written) ? true : FALSE.includes(written) ? false : wrong('true or false')

export const onOff: Reader<boolean> = (written) => (written === 'on' ? true : written === 'off' ? false : wrong('on or off'))

export const word =
  <W extends string>(...words: readonly W[]): Reader<W> =>
  (written) =>
    (words as readonly string[]).includes(written) ? (written as W) : wrong(words.join(', '))

export const integer =
  (min: number, max: number, what = 'a whole number'): Reader<number> =>
  (written) => {
    const value = /^\d{1,15}$/.test(written) ? Number(written) : Number.NaN
    return value >= min && value <= max ? value : wrong(`${what} from ${min} to ${max}`)
  }

/** The longest that a duration of the configuration can be, in seconds. */
const MOST_SECONDS = 2_147_483

/** Seconds, without a unit as the annotation has them; with one as snippets do. */
export const seconds: Reader<number> = (written) => {
  const [, digits = '', unit = 's'] = /^(\d{1,10})(s|m|h)?$/.exec(written) ?? []
  const value = digits === '' ? Number.NaN : Number(digits) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h']
  return value >= 1 && value <= MOST_SECONDS ? value : wrong(`seconds from 1 to ${MOST_SECONDS}`)
}

const UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const

/** Bytes: `8k`, `10m`, `1g`, `1000`; nginx knows no g here, but means no harm by it. */
export const size: Reader<number> = (written) => {
  const [, digits, unit = ''] = /^(\d{1,12})([kmgKMG]?)$/.exec(written) ?? []
  if (digits === undefined) return wrong('a size such as 1000, 8k or 10m')
  const bytes = Number(digits) * UNITS[unit.toLowerCase() as keyof typeof UNITS]
  return Number.isSafeInteger(bytes) ? bytes : wrong('a smaller size')
}

/** Text without control characters; at most 4096 characters. */
export const text: Reader<string> = (written) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  /[\x00-\x1f\x7f]/.test(written) || written.length > 4096 ? wrong('one line of text') : written

/** Several lines of text. */
export const lines: Reader<string> = (written) => (written.length > 65_536 ? wrong('at most 64 KiB') : written)

/** A name as headers and cookies have them. */
export const token: Reader<string> = (written) =>
  /^[!#$%&'*+\-.^`|~\w]{1,256}$/.test(written) ? written : wrong('a name of letters, digits, - and _')

/** Of a list. */
const MOST_PARTS = 500

/** Parts between commas, without white space around them, none of them empty. */
export const list =
  <T>(item: Reader<T>): Reader<readonly T[]> =>
  (written) => {
    const read: T[] = []
    for (const part of written.split(',').map((each) => each.trim())) {
      if (part === '') continue
      if (read.length >= MOST_PARTS) return wrong(`at most ${MOST_PARTS} of them`)
      const value = item(part)
      if (value instanceof Wrong) return wrong(`a list with commas between: ${value.expected}; "${part.slice(0, 64)}" is not`)
      read.push(value)
    }
    return read.length === 0 ? wrong('at least one') : read
  }

const LABEL = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

export interface ObjectName {
  /** '' = that of the Ingress. */
  readonly namespace: string
  readonly name: string
}

/** `name`, or `namespace/name`. */
export const objectName: Reader<ObjectName> = (written) => {
  const parts = written.split('/')
  if (parts.length > 2 || !parts.every((part) => LABEL.test(part))) return wrong('a name, or namespace/name')
  const [first = '', second] = parts
  return second === undefined ? { namespace: '', name: first } : { namespace: first, name: second }
}
