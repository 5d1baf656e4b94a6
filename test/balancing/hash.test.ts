import t from 'tap'
import { hashText, mix } from '../../src/balancing/hash.ts'

/** Text whose UTF-16LE bytes are these. */
const textOf = (bytes: Buffer): string => bytes.toString('utf16le')

t.test('text is hashed as MurmurHash3_x86_32 does', async (t) => {
  // Published vectors: seed and bytes; those of an even number of bytes.
  const vectors: readonly (readonly [bytes: string, seed: number, hash: number])[] = [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['ffffffff', 0, 0x76293b50],
    ['21436587', 0, 0xf55b516b],
    ['21436587', 0x5082edee, 0x2362f9de],
    ['2143', 0, 0xa0f7b07a],
    ['00000000', 0, 0x2362f9de],
    ['0000', 0, 0x30f4c306],
    [Buffer.from('aaaa').toString('hex'), 0x9747b28c, 0x5a97808a],
    [Buffer.from('aa').toString('hex'), 0x9747b28c, 0x5d211726],
    [Buffer.from('abcd').toString('hex'), 0x9747b28c, 0xf0478627],
    [Buffer.from('ab').toString('hex'), 0x9747b28c, 0x74875592],
    [Buffer.from('Hello, world').toString('hex'), 0, hashOfBytes(Buffer.from('Hello, world'), 0)],
  ]
  for (const [bytes, seed, hash] of vectors) t.equal(hashText(textOf(Buffer.from(bytes, 'hex')), seed) >>> 0, hash, bytes)
})

/** The algorithm once more, byte by byte, for lengths that have no published vector. */
function hashOfBytes(bytes: Buffer, seed: number): number {
  let h = seed
  const word = (k: number) => {
    const x = Math.imul(k, 0xcc9e2d51)
    return Math.imul((x << 15) | (x >>> 17), 0x1b873593)
  }
  let i = 0
  for (; i + 4 <= bytes.length; i += 4) {
    h ^= word(bytes.readInt32LE(i))
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  if (i < bytes.length) h ^= word(bytes.readUIntLE(i, bytes.length - i))
  h ^= bytes.length
  return mix(h) >>> 0
}

t.test('every length, and characters beyond one byte', async (t) => {
  const all = 'abcdefghijklmnopqrstuvwxyzäöü€漢字'
  for (let length = 0; length <= all.length; length++) {
    const text = all.slice(0, length)
    t.equal(hashText(text, 7) >>> 0, hashOfBytes(Buffer.from(text, 'utf16le'), 7), `${length} characters`)
  }
})

t.test('a flipped bit flips half of the hash', async (t) => {
  let flipped = 0
  for (let i = 0; i < 1000; i++) {
    let difference = hashText(`user-${i}`) ^ hashText(`user-${i ^ 1}`)
    for (; difference !== 0; difference &= difference - 1) flipped++
  }
  t.ok(Math.abs(flipped / 1000 - 16) < 0.5, `${flipped / 1000} bits`)
})
