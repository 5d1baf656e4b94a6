// What a process and its thread that sends spans say to each other.

import type { CollectorSettings } from './collectors.ts'
import type { SpanBatch } from './span-relay.ts'

/** To the thread. */
export type ForThread =
  /** These are in force from now on. */
  | { readonly type: 'follow'; readonly settings: CollectorSettings }
  /** Its bytes are the thread's from now on. */
  | { readonly type: 'spans'; readonly batch: SpanBatch }
  /** Nothing follows: send what waits. */
  | { readonly type: 'close' }

/** From the thread. */
export type FromThread =
  /** The batch that has waited for this the longest is in a queue, or dropped. */
  | { readonly type: 'taken' }
  /** So many spans have reached a collector. */
  | { readonly type: 'sent'; readonly count: number }
  /** So many spans nobody will get. */
  | { readonly type: 'dropped'; readonly count: number }
  /** A collector does not answer any more, and with null it does again. */
  | { readonly type: 'said'; readonly collector: string; readonly error: string | null }
  | { readonly type: 'closed' }
