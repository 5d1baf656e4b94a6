// What the proxy and connections to endpoints say to each other, the same for every protocol.

import type { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import type { Part, ResponseHead } from './message.ts'

/** Why an attempt ended without a (complete) response. Also the label of attempts_total. */
export type Outcome = 'ok' | 'connect-failure' | 'connect-timeout' | 'reset' | 'timeout' | 'protocol' | 'cancelled'

/**
 * What a connection says of a failed attempt: an outcome, or closer than that. `idle-timeout`: no byte in either direction for too
 * long (outcome `timeout`). `client-idle`: the same while the endpoint has taken all that there is of a request that is not complete, so
 * that it is the client who says nothing (outcome `cancelled`). `refused-stream`: the endpoint has said that it did nothing with the request (outcome `reset`).
 */
export type Failure = Outcome | 'idle-timeout' | 'client-idle' | 'refused-stream'

/** One try at one endpoint, as its connection sees it. Exactly one of onEnd and onFailure is called, last. */
export interface RunningAttempt {
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  /** Canonical field lines of the request: those of the exchange, with what is this attempt's own. */
  readonly fields: string
  /** Milliseconds to wait for the response head once the request is sent; 0 = for ever. */
  readonly attemptTimeout: number
  /** Milliseconds without a byte in either direction; 0 = for ever. */
  readonly idleTimeout: number
  /** The same while it is a tunnel and both sides may speak. */
  readonly tunnelTimeout: number
  /** The head and what `exchange.held` had are written: more of the body may follow through `connection`. */
  onSending(connection: EndpointConnection): void
  /** The endpoint takes body bytes again. */
  onWritable(): void
  onInformational(head: ResponseHead): void
  /** `last`: the response is complete with `part`. */
  onHead(head: ResponseHead, part: Part | null, last: boolean): void
  onData(part: Part): void
  /** In a tunnel: the endpoint has said all; the client may go on, and the attempt ends when it has said all too. */
  onEnd(trailers: string): void
  /** `untouched`: not one byte of a response has come. */
  onFailure(failure: Failure, detail: string, untouched: boolean): void
  /** The client takes data again. */
  resume(): void
  /** The exchange does not need it any more. */
  cancel(): void
}

/** A connection (or stream) that carries an attempt. */
export interface EndpointConnection {
  /** Writes body bytes; false = hold back until onWritable. */
  sendBody(bytes: Buffer): boolean
  /** In a tunnel the endpoint gets a FIN. */
  endBody(): void
  /** The client cannot take more. */
  pause(): void
  resume(): void
  /** The attempt is given up: the connection is closed, a tunnel whose client is gone by a reset; nothing more is reported. */
  cancel(): void
}

/** Opens (or reuses) connections to one endpoint. */
export interface Connector {
  /** Sends the attempt's request; tells the attempt how it goes, never before this returns a failure. */
  send(attempt: RunningAttempt): EndpointConnection
  /** Closes the connection that has been idle longest; false when none is. */
  closeOneIdle(): boolean
  /**
   * Closes what is idle, and the rest when it becomes idle: the endpoint or its settings are gone, or going. What is sent all the
   * same gets a connection that is closed after it. `gone`: the endpoint is no more, so that attempts whose connections are still
   * being made have failed.
   */
  retire(gone?: boolean): void
}
