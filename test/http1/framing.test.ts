// How bodies are delimited: lengths and codings.

import t from 'tap'
import { codingOf } from '../../src/http1/framing.ts'
import { FieldScan, scanFields } from '../../src/http1/scan-fields.ts'
import { lengthOf } from '../../src/model/content-length.ts'
import { nameOf } from '../support/parsing.ts'

t.test('lengths', async (t) => {
  for (const [text, length] of [
    ['0', 0],
    ['5', 5],
    ['10', 10],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', -1],
    ['10000000000000000', -1],
    ['', -1],
    ['00', -1],
    ['05', -1],
    ['-0', -1],
    ['+5', -1],
    ['5 ', -1],
    ['1e1', -1],
    ['0x5', -1],
    ['5.0', -1],
    ['٥', -1],
  ] as const) {
    t.equal(lengthOf(`<${text}>`, 1, 1 + text.length), length, text)
  }
})

t.test('codings', async (t) => {
  for (const [value, verdict] of [
    ['chunked', 0],
    ['CHUNKED', 0],
    ['\tchunked', 0],
    ['chunked ', 'CODING'],
    ['chunked\t', 'CODING'],
    ['', 'CODING'],
    ['gzip', 'CODING_UNKNOWN'],
    ['xchunked', 'CODING_UNKNOWN'],
    ['gzip, chunked', 'CODING_UNKNOWN'],
    ['identity', 'CODING_UNKNOWN'],
    ['chunked, gzip', 'CODING'],
    ['chunked, chunked', 'CODING'],
    [',chunked', 'CODING'],
    ['chunked,', 'CODING'],
    ['chunked;q=1', 'CODING'],
    ['"chunked"', 'CODING'],
    ['\xffchunked', 'CODING'],
  ] as const) {
    const scan = new FieldScan()
    scan.reset(`Transfer-Encoding: ${value}\r\n\r\n`)
    t.ok(scanFields(scan, 0, 1000, 10) > 0)
    t.equal(nameOf(codingOf(scan, 0)), verdict, JSON.stringify(value))
  }
})
