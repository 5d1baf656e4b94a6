// The two messages of grpc.health.v1.Health/Check, by hand: one string out, one number back.

/** HealthCheckRequest { string service = 1 }, in a gRPC frame. */
export function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** HealthCheckResponse.ServingStatus. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** `HealthCheckResponse { ServingStatus status = 1 }` in its frame; the name of the status, null = that is not one. */
export function decodeResponse(bytes: Buffer): string | null {
  if (bytes.length < 5 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== bytes.length - 5) return null
  let status = 0
  let at = 5
  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    if (tag === null) return null
    const value = tag.value % 8 === 0 ? readVarint(bytes, tag.end) : skip(bytes, tag.value % 8, tag.end)
    if (value === null) return null
    if (tag.value === 8) status = value.value
    at = value.end
  }
  return STATUSES[status] ?? `status ${status}`
}

interface Read {
  readonly value: number
  readonly end: number
}

/** A field of another kind, which a later version of the message may have. */
function skip(bytes: Buffer, kind: number, at: number): Read | null {
  const length = kind === 2 ? readVarint(bytes, at) : null
  const end = kind === 1 ? at + 8 : kind === 5 ? at + 4 : length === null ? Number.NaN : length.end + length.value
  return end <= bytes.length ? { value: 0, end } : null
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    bytes.push(left > 0x7f ? (left & 0x7f) | 0x80 : left)
    if (left <= 0x7f) return Buffer.from(bytes)
  }
}

function readVarint(bytes: Buffer, at: number): Read | null {
  let value = 0
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    const byte = bytes[at + i] as number
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: at + i + 1 }
  }
  return null
}
