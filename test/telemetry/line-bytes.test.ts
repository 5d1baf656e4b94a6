// Parts of a line, in all forms that they may have, and where there is no room.

import t from 'tap'
import { fixed, LineBytes, SLACK } from '../../src/telemetry/line-bytes.ts'

const page = Buffer.alloc(4096, '#')

/** What was put, and whether it was too much for so many bytes. */
function put(fill: (line: LineBytes) => void, room = 4000, at = 8): { text: string; over: boolean } {
  page.fill('#')
  const line = new LineBytes()
  line.begin(page, at, at + room + SLACK)
  fill(line)
  t.equal(page.toString('latin1', 0, at), '#'.repeat(at), 'nothing before it')
  t.match(page.toString('latin1', at + room + SLACK), /^#*$/, 'nothing behind it')
  t.ok(line.at <= at + room)
  return { text: page.toString('utf8', at, line.at), over: line.over }
}

const alone = (fill: (line: LineBytes) => void): string => put(fill).text

t.test('texts are JSON in ASCII', async (t) => {
  const texts = ['', 'a', '"', '\\', '\n', '\0', '\x7f', '\u00fc', '\u2028', '\ud800', '\u{1f600}', '</script>', '\x1b[2J']
  for (const text of [
    ...texts,
    ...texts.map((each) => 'x'.repeat(31) + each),
    ...texts.map((each) => each + 'y'.repeat(200)),
  ]) {
    const json = alone((line) => line.quoted(text))
    t.equal(JSON.parse(json), text)
    t.match(json, /^[\x20-\x7e]*$/)
  }
  t.equal(
    alone((line) => line.quoted(null)),
    'null',
  )
})

t.test('what lines have in common, of any length', async (t) => {
  for (let length = 0; length < 40; length++) {
    const text = 'x~ 0{"}z'.repeat(5).slice(0, length)
    t.equal(
      alone((line) => line.fixed(fixed(text))),
      text,
    )
    t.equal(
      alone((line) => {
        line.fixed(fixed(text))
        line.fixed(fixed(text))
        line.ascii('!')
      }),
      `${text}${text}!`,
    )
  }
})

t.test('whole numbers', async (t) => {
  for (const value of [0, 1, 9, 10, 99, 100, 200, 65_535, 2 ** 31, 2 ** 32, 123_456_789_012, Number.MAX_SAFE_INTEGER, -1, 1.5])
    t.equal(
      alone((line) => line.whole(value)),
      String(value),
    )
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    t.equal(
      alone((line) => line.whole(value)),
      'null',
    )
})

t.test('milliseconds', async (t) => {
  const written = (value: number | null): string => alone((line) => line.milliseconds(value))
  for (const [value, text] of [
    [0, '0'],
    [0.0004, '0'],
    [0.001, '0.001'],
    [0.0206, '0.021'],
    [0.3, '0.300'],
    [1, '1'],
    [1.23456, '1.235'],
    [0.9996, '1'],
    [59_999.9999, '60000'],
    [1e12, '1000000000000'],
    [-0.5, '-0.5'],
    [Number.NaN, 'null'],
    [null, 'null'],
  ] as const) {
    t.equal(written(value), text)
    JSON.parse(text)
  }
})

t.test('where there is no room nothing is put, and nothing after it', async (t) => {
  const parts: readonly ((line: LineBytes) => void)[] = [
    (line) => line.fixed(fixed('0123456789')),
    (line) => line.ascii('0123456789'),
    (line) => line.ascii('0'.repeat(100)),
    (line) => line.quoted('01234567'),
    (line) => line.quoted('\n1234567'),
    (line) => line.quoted('0'.repeat(100)),
    (line) => line.quoted(`${'0'.repeat(100)}\n`),
    (line) => line.whole(1_234_567_890),
    (line) => line.milliseconds(123_456.789),
  ]
  for (const part of parts) {
    const { length } = alone(part)
    t.same(put(part, length).over, false)
    for (let room = 0; room < length; room++) {
      const { over } = put((line) => {
        part(line)
        line.ascii('')
      }, room)
      t.ok(over)
    }
  }
})
