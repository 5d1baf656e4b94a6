// Where sockets to endpoints read into. Small pieces go into one buffer that all of them share; a connection in the middle of a
// large body gets one of its own, so that what was read can be written on without a copy.

const SHARED_SIZE = 16 * 1024
/** What a client that does not read leaves unsent, at most: one of these. Small where many do not read. */
const LARGE = 96 * 1024
const SMALL = 32 * 1024
/** Buffers in use from which on further ones are small. */
const MANY = 128
const MAX_FREE = 64

/** Used up before the next read of any socket begins: never handed to a write. */
export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(SHARED_SIZE)

const large: Buffer[] = []
const small: Buffer[] = []
/** Others hand buffers of their own on as if they were slabs. */
const ours = new WeakSet<Buffer>()
/** Slabs that there are, in use or free; those that nobody gives back end with the garbage collector. */
let made = 0
const collected = new FinalizationRegistry<null>(() => made--)

/** For a client that is `quick` a large one, as long as there are few. */
export function takeSlab(quick: boolean): Buffer {
  const big = quick && made - large.length - small.length < MANY
  const there = (big ? large : small).pop()
  if (there !== undefined) return there
  const slab = Buffer.allocUnsafeSlow(big ? LARGE : SMALL)
  ours.add(slab)
  made++
  collected.register(slab, null)
  return slab
}

/** Gives a slab back that no write refers to any more. */
export function returnSlab(slab: Buffer): void {
  const free = slab.length === LARGE ? large : small
  if (free.length < MAX_FREE && ours.has(slab)) free.push(slab)
}
