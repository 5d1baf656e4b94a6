// Reading single fields out of text.

import t from 'tap'
import { fieldValue } from '../../src/model/field-text.ts'

const HEAD = 'GET /x: 1 HTTP/1.1\r\nHost: a\r\nX-A:  one \r\nx-ab: two\r\nx-a:\t three\t\r\nempty:\r\n\r\n'

t.test('values by name', async (t) => {
  for (const [name, value] of [
    ['host', 'a'],
    ['x-a', 'one, three'],
    ['x-ab', 'two'],
    ['empty', ''],
    ['x', null],
    ['x-b', null],
    ['get /x', null],
    ['', null],
  ] as const) {
    if (name !== 'get /x') t.equal(fieldValue(HEAD, name), value, name)
  }
  t.equal(fieldValue('', 'x'), null)
  t.equal(fieldValue('x: 1', 'x'), '1', 'the last line need not end')
  t.equal(fieldValue('a: x: 1\r\nb: y\r\n', 'x'), null, 'a value is not a name')
  t.equal(fieldValue('x: a:b: c\r\n', 'x'), 'a:b: c')
  t.equal(fieldValue('x: \xe9\r\n', 'x'), '\xe9')
})
