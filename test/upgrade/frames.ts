// WebSocket frames, right and wrong, as a fuzzing client makes them (RFC 6455 5.2).

export interface FrameParts {
  readonly fin?: boolean
  readonly rsv?: number
  readonly opcode: number
  readonly masked?: boolean
  readonly payload?: Buffer
  /** What the length field says, if not the payload's. */
  readonly length?: number | bigint
  /** In a longer form than needed. */
  readonly wide?: 2 | 8
}

export function frame({
  fin = true,
  rsv = 0,
  opcode,
  masked = true,
  payload = Buffer.alloc(0),
  length,
  wide,
}: FrameParts): Buffer {
  const size = length ?? payload.length
  const form = wide ?? (size < 126 ? 0 : size < 65536 ? 2 : 8)
  const head = Buffer.alloc(2 + form)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (masked ? 0x80 : 0) | (form === 0 ? Number(size) : form === 2 ? 126 : 127)
  if (form === 2) head.writeUInt16BE(Number(size), 2)
  if (form === 8) head.writeBigUInt64BE(BigInt(size), 2)
  if (!masked) return Buffer.concat([head, payload])
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78])
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i % 4] as number))])
}

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const

export type Random = () => number

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

const bytes = (random: Random, length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))

const text = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => pick(random, ['a', 'é', '€', '😀', ' '])).join(''))

const LENGTHS = [0, 1, 2, 124, 125, 126, 127, 1000, 65_535, 65_536, 70_000]
const CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1015, 2999, 3000, 4999, 5000, 65_535]

const close = (code: number, reason = ''): Buffer => {
  const body = Buffer.alloc(2)
  body.writeUInt16BE(code)
  return frame({ opcode: OPCODE.CLOSE, payload: Buffer.concat([body, Buffer.from(reason)]) })
}

const MAKERS: readonly ((random: Random) => Buffer[])[] = [
  (random) => [frame({ opcode: OPCODE.TEXT, payload: text(random, pick(random, LENGTHS)) })],
  (random) => [frame({ opcode: OPCODE.BINARY, payload: bytes(random, pick(random, LENGTHS)) })],
  (random) => [frame({ opcode: OPCODE.PING, payload: bytes(random, pick(random, [0, 1, 125])) })],
  (random) => [frame({ opcode: OPCODE.PONG, payload: bytes(random, pick(random, [0, 1, 125])) })],
  // Fragments, with a control frame in between.
  (random) => [
    frame({ opcode: pick(random, [1, 2]), fin: false, payload: text(random, 3) }),
    ...(random() < 0.5 ? [frame({ opcode: OPCODE.PING, payload: Buffer.from('in between') })] : []),
    frame({ opcode: OPCODE.CONTINUATION, fin: false, payload: text(random, 4) }),
    frame({ opcode: OPCODE.CONTINUATION, payload: text(random, 5) }),
  ],
  (random) => [frame({ opcode: OPCODE.TEXT, wide: pick(random, [2, 8] as const), payload: text(random, 5) })],
  // Wrong from here on.
  (random) => [frame({ opcode: OPCODE.TEXT, payload: bytes(random, 20) })],
  (random) => [frame({ opcode: pick(random, [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload: text(random, 2) })],
  (random) => [frame({ opcode: pick(random, [1, 2, 9]), rsv: 1 + Math.floor(random() * 7), payload: text(random, 2) })],
  (random) => [frame({ opcode: pick(random, [1, 8, 9]), masked: false, payload: Buffer.from('plain') })],
  (random) => [frame({ opcode: pick(random, [8, 9, 10]), fin: false })],
  (random) => [frame({ opcode: pick(random, [8, 9, 10]), payload: bytes(random, 126) })],
  () => [frame({ opcode: OPCODE.CONTINUATION, payload: Buffer.from('of nothing') })],
  (random) => [
    frame({ opcode: OPCODE.TEXT, fin: false, payload: text(random, 2) }),
    frame({ opcode: OPCODE.TEXT, payload: text(random, 2) }),
  ],
  (random) => [frame({ opcode: OPCODE.BINARY, length: pick(random, [2n ** 63n, 2n ** 53n, 2n ** 40n]), wide: 8 })],
  (random) => [close(pick(random, CODES), pick(random, ['', 'why not', 'é']))],
  () => [frame({ opcode: OPCODE.CLOSE, payload: Buffer.from([3]) })],
  () => [frame({ opcode: OPCODE.CLOSE, payload: Buffer.from([3, 232, 0xff, 0xfe]) })],
  (random) => [bytes(random, 1 + Math.floor(random() * 300))],
  // Not whole.
  (random) => [frame({ opcode: OPCODE.TEXT, payload: text(random, 50) }).subarray(0, 1 + Math.floor(random() * 20))],
  () => [Buffer.from('GET /admin HTTP/1.1\r\nhost: a\r\n\r\n')],
]

/** A client's part of one connection: pieces as they are written. */
export function conversation(random: Random): Buffer[] {
  const count = 1 + Math.floor(random() * 6)
  const frames: Buffer[] = []
  // Mostly right, so that conversations get beyond their first frame.
  for (let i = 0; i < count; i++)
    frames.push(...(random() < 0.6 ? pick(random, MAKERS.slice(0, 6)) : pick(random, MAKERS))(random))
  const whole = Buffer.concat(frames)
  if (random() < 0.5) return [whole]
  const pieces: Buffer[] = []
  for (let at = 0; at < whole.length; ) {
    const length = pick(random, [1, 2, 7, 100, 16_384, 40_000])
    pieces.push(whole.subarray(at, at + length))
    at += pieces.length > 40 ? whole.length : length
  }
  return pieces
}
