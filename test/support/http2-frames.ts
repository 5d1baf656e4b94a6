// HTTP/2 frames by hand: what a client says, right or wrong, and what it is told.

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const

export const ERRORS = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export const SETTING = { HEADER_TABLE_SIZE: 1, MAX_CONCURRENT_STREAMS: 3, INITIAL_WINDOW_SIZE: 4, ENABLE_CONNECT: 8 } as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(body.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, body])
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function settings(values: readonly (readonly [id: number, value: number])[] = []): Buffer {
  const bytes = Buffer.alloc(6 * values.length)
  values.forEach(([id, value], i) => {
    bytes.writeUInt16BE(id, 6 * i)
    bytes.writeUInt32BE(value, 6 * i + 2)
  })
  return frame(FRAME.SETTINGS, 0, 0, bytes)
}

// ---- HPACK (RFC 7541), as far as it is needed

export type Field = readonly [name: string, value: string]

function integer(first: number, prefix: number, value: number): Buffer {
  const most = 2 ** prefix - 1
  if (value < most) return Buffer.from([first | value])
  const bytes = [first | most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

const text = (value: string): Buffer => Buffer.concat([integer(0, 7, value.length), Buffer.from(value, 'latin1')])

/** Literals without indexing, nothing Huffman coded: every byte of names and values is what the test says. */
export const hpack = (fields: readonly Field[]): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))

/** A literal that is put into the dynamic table (as index 62), and that entry again. */
export const indexed = ([name, value]: Field): Buffer => Buffer.concat([Buffer.from([0x40]), text(name), text(value)])
export const INDEX_62 = 0xbe

const STATUS = [200, 204, 206, 304, 400, 404, 500]
const DIGITS: Readonly<Record<string, string>> = { '00000': '0', '00001': '1', '00010': '2' }
for (let digit = 3; digit <= 9; digit++)
  (DIGITS as Record<string, string>)[(0b011001 + digit - 3).toString(2).padStart(6, '0')] = String(digit)

/** The :status at the start of a header block; 0 when it is coded in a way that is not known here. */
export function statusOf(block: Buffer): number {
  let at = 0
  // Changes of the table's size come first.
  while (((block[at] as number) & 0xe0) === 0x20) at++
  const first = block[at] as number
  if (first >= 0x88 && first <= 0x8e) return STATUS[first - 0x88] as number
  const name = (first & 0x40) !== 0 ? first & 0x3f : first & 0x0f
  if (name < 8 || name > 14) return 0
  const length = (block[at + 1] as number) & 0x7f
  const value = block.subarray(at + 2, at + 2 + length)
  if (((block[at + 1] as number) & 0x80) === 0) return Number(value.toString('latin1'))
  let bits = ''
  for (const byte of value) bits += byte.toString(2).padStart(8, '0')
  let digits = ''
  while (digits.length < 3) {
    const code = [bits.slice(0, 5), bits.slice(0, 6)].find((some) => DIGITS[some] !== undefined)
    if (code === undefined) return 0
    digits += DIGITS[code]
    bits = bits.slice(code.length)
  }
  return Number(digits)
}
