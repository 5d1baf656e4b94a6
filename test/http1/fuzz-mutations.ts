// What is done to a valid message to make it one that two readers may read differently.

import type { Dice } from './fuzz-random.ts'

const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '\x0b',
  '\x7f',
  '\x80',
  '\xa0',
  ':',
  ' :',
  ';',
  ',',
  '"',
  '0',
  '+',
  '-',
  '0x',
  '_',
  '\r\n\r\n',
  '\n\n',
  '\r\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding:\r\n chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length:\t5 \r\n',
  'Host: b\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  ' folded\r\n',
  'HTTP/1.1',
  'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n',
  ';ext=1',
  'ffffffffffffffff',
  '//',
  '#',
  'http://a',
]

const splice = (text: string, at: number, cut: number, insert: string): string =>
  text.slice(0, at) + insert + text.slice(at + cut)

/** Applies one mutation. */
function mutateOnce(dice: Dice, text: string, other: string): string {
  const at = dice.below(text.length + 1)
  switch (dice.below(8)) {
    case 0:
      return splice(text, at, 0, dice.pick(TOKENS))
    case 1:
      return splice(text, at, 1, dice.pick(TOKENS))
    case 2:
      return splice(text, at, 1, String.fromCharCode(dice.below(256)))
    case 3:
      return splice(text, at, 1 + dice.below(4), '')
    case 4: {
      // A line (its CRLF included) once more, or somewhere else.
      const lines = text.split(/(?<=\r\n)/)
      const line = dice.pick(lines)
      lines.splice(dice.below(lines.length + 1), dice.below(2), line)
      return lines.join('')
    }
    case 5: {
      // At a line start, where field lines are understood.
      const start = text.indexOf('\r\n', at)
      return start === -1 ? text : splice(text, start + 2, 0, dice.pick(TOKENS))
    }
    case 6:
      return text.slice(0, at) + other.slice(dice.below(other.length + 1))
    default: {
      const code = text.charCodeAt(at) ^ (1 << dice.below(8))
      return splice(text, at, 1, String.fromCharCode(code & 255))
    }
  }
}

/** `text` after none to four mutations; `other` is what parts are borrowed from. */
export function mutate(dice: Dice, text: string, other: string): string {
  if (dice.chance(0.3)) return text
  let result = text
  for (let count = 1 + dice.below(dice.chance(0.3) ? 4 : 1); count > 0; count--) result = mutateOnce(dice, result, other)
  return result
}
