// Where sockets to endpoints read into. Small pieces go into one buffer that all of them share; a connection in the middle of a
// large body gets one of its own, so that what was read can be written on without a copy.

const SHARED_SIZE = 16 * 1024
/** What a client that does not read leaves unsent, at most: one of these. */
const SLAB_SIZE = 96 * 1024
const MAX_FREE = 16

/** Used up before the next read of any socket begins: never handed to a write. */
export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(SHARED_SIZE)

const free: Buffer[] = []

export function takeSlab(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SLAB_SIZE)
}

/** Gives a slab back that no write refers to any more. */
export function returnSlab(slab: Buffer): void {
  if (free.length < MAX_FREE) free.push(slab)
}
