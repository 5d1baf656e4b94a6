import t from 'tap'
import { chooseCoding, hasTag } from '../../src/admin/content-coding.ts'

t.test('the coding with the most weight', async (t) => {
  for (const [accept, coding] of [
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['deflate', 'identity'],
    ['*', 'br'],
    ['*;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['br ; q=0.000 , gzip ; Q=1', 'gzip'],
    ['identity, br;q=0.5', 'identity'],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['identity;q=0', 'identity'],
    ['*;q=0', 'identity'],
    ['br;q=2, gzip;q=-1', 'identity'],
    ['br;q=NaN', 'identity'],
    [', ;q=1,,', 'identity'],
    ['__proto__, constructor', 'identity'],
  ] as const)
    t.equal(chooseCoding(accept), coding, `${accept}`)
})

t.test('tags that a client has', async (t) => {
  t.equal(hasTag(undefined, '"a"'), false)
  t.equal(hasTag('', '"a"'), false)
  t.equal(hasTag('"a"', '"a"'), true)
  t.equal(hasTag('W/"a"', '"a"'), true, 'compared weakly')
  t.equal(hasTag('"b","a" , "c"', '"a"'), true)
  t.equal(hasTag('"b,a"', '"a"'), false)
  t.equal(hasTag('a', '"a"'), false)
  t.equal(hasTag(' * ', '"a"'), true)
})
