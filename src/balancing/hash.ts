// 32-bit hashes of text and of other hashes. MurmurHash3 (Appleby 2011, public domain): spreads well, is short, works in 32-bit
// multiplications, which JavaScript has, and every process of a gateway gets the same. Not meant to withstand those who look for
// collisions: who can choose keys can as well repeat one.

/** MurmurHash3_x86_32 of the text's UTF-16 code units, low byte first. A signed 32-bit integer. */
export function hashText(text: string, seed = 0): number {
  let h = seed | 0
  const even = text.length & ~1
  for (let i = 0; i < even; i += 2) {
    h ^= scramble(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16))
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  if (even < text.length) h ^= scramble(text.charCodeAt(even))
  return mix(h ^ (2 * text.length))
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

/** MurmurHash3's finalizer: a permutation of the 32-bit integers in which every bit depends on all bits. */
export function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
