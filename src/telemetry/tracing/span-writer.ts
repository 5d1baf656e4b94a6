// What writes spans for a collector, in the form of its protocol, without making objects of them on the way.

/** The name of an attribute, with what is known of it before. */
export class Key {
  readonly name: string
  /** As a protobuf field `key`, number and length before it, and behind it the number of the field `value`. */
  readonly bytes: Uint8Array

  constructor(name: string) {
    this.name = name
    this.bytes = Buffer.from(`\x0a${String.fromCharCode(name.length)}${name}\x12`, 'latin1')
  }
}

/** What begins a span. Ids are hex digits in lower case, times milliseconds since the epoch. */
export interface SpanHead {
  readonly traceId: string
  readonly spanId: string
  /** '' = the trace begins with it. */
  readonly parentId: string
  /** The parent is somebody else's. */
  readonly parentIsRemote: boolean
  readonly kind: typeof SERVER | typeof CLIENT
  readonly name: string
  readonly start: number
  readonly end: number
}

/** SpanKind of OTLP. */
export const SERVER = 2
export const CLIENT = 3

/** TRACE_FLAGS of OTLP: sampled, and whether it is known that the parent is remote, and that it is. */
const SAMPLED = 1
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

export const flagsOf = ({ parentIsRemote }: SpanHead): number => SAMPLED | HAS_IS_REMOTE | (parentIsRemote ? IS_REMOTE : 0)

/** What a time (milliseconds since the epoch) has beyond its whole `seconds`, in nanoseconds. */
export const nanosecondsBeyond = (seconds: number, ms: number): number =>
  Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)

/** Attributes of what was begun last. */
export interface AttributeWriter {
  text(key: Key, value: string): void
  /** Whole or not. */
  number(key: Key, value: number): void
  texts(key: Key, values: readonly string[]): void
}

export interface SpanWriter extends AttributeWriter {
  /** Spans that have been written. */
  readonly count: number
  /** Bytes of them. */
  readonly length: number
  begin(head: SpanHead): void
  /** Attributes are those of the event until `endEvent`. */
  beginEvent(name: string, time: number): void
  endEvent(): void
  /** `message`: what went wrong; '' = nothing is said. */
  end(failed: boolean, message: string): void
  /** All spans so far, which are forgotten. */
  take(): SpanChunk
}

/** Spans in the form of a protocol, as they stand in a request: for a frame around them. */
export interface SpanChunk {
  readonly count: number
  /** All of a buffer of their own, so that another thread may have it. */
  readonly bytes: Uint8Array
}
