// Makes, mends and removes objects of our own: one after the other, only what differs, only as the leader, and never faster than an
// API server likes it.

import { Alarm } from '../../model/deadlines.ts'
import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { finishWithin, type KubernetesEnvironment } from '../environment.ts'
import { resourceName } from '../resource.ts'
import type { ObjectIntent } from '../translation.ts'
import { type Change, entryKey, ObjectEntry } from './object-entry.ts'
import { TokenBucket } from './token-bucket.ts'

const PER_SECOND = 20
const BURST = 50
/** Of one object, so that whoever writes the opposite each time does not keep everybody busy. */
const OF_ONE_PER_SECOND = 0.2
const OF_ONE_BURST = 10
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
const FORBIDDEN_MS = 60_000
const SILENCE_MS = 10_000
/** How long an end waits for what is on its way. */
const STOP_MS = 2000
/** What was written and never seen is looked at again then. */
const LOOK_AGAIN_MS = 31_000

export interface ObjectWriterSettings {
  readonly client: ApiClient
  readonly environment: KubernetesEnvironment
  /** Asked before each write. */
  readonly mayWrite: () => boolean
}

class Entry extends ObjectEntry {
  readonly bucket: TokenBucket
  readonly alarm: Alarm

  constructor(intent: ObjectIntent, bucket: TokenBucket, ring: (entry: Entry) => void) {
    super(intent)
    this.bucket = bucket
    this.alarm = new Alarm(() => ring(this))
  }
}

export class ObjectWriter {
  readonly #settings: ObjectWriterSettings
  readonly #entries = new Map<string, Entry>()
  /** Those that may have something to write, in order. */
  readonly #queue = new Set<Entry>()
  readonly #bucket: TokenBucket
  readonly #alarm = new Alarm(() => this.#resume())
  readonly #aborted = new AbortController()
  /** What this account may not do was told. */
  readonly #forbidden = new Set<string>()
  #running: Promise<void> | null = null
  #stopped = false

  constructor(settings: ObjectWriterSettings) {
    this.#settings = settings
    this.#bucket = new TokenBucket(PER_SECOND, BURST, settings.environment.deadlines.clock)
  }

  /** All of them, each time: what is not named is nobody's business any more. */
  publish(intents: readonly ObjectIntent[]): void {
    if (this.#stopped) return
    const named = new Set<string>()
    for (const intent of intents) {
      const key = entryKey(intent.object)
      named.add(key)
      const known = this.#entries.get(key)
      if (known?.intent === intent) continue
      const entry = known ?? this.#begin(key, intent)
      entry.update(intent)
      this.#queue.add(entry)
    }
    for (const [key, entry] of this.#entries) if (!named.has(key)) this.#drop(key, entry)
    this.#resume()
  }

  /** This replica leads from now on: what differs is written, whoever wrote it. */
  writeAll(): void {
    for (const entry of this.#entries.values()) {
      entry.forget()
      this.#queue.add(entry)
    }
    this.#resume()
  }

  /** Resolves when nothing is on its way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    const { deadlines } = this.#settings.environment
    for (const [key, entry] of this.#entries) this.#drop(key, entry)
    deadlines.remove(this.#alarm)
    await finishWithin(deadlines, STOP_MS, this.#running, this.#aborted)
  }

  #begin(key: string, intent: ObjectIntent): Entry {
    const { deadlines } = this.#settings.environment
    const bucket = new TokenBucket(OF_ONE_PER_SECOND, OF_ONE_BURST, deadlines.clock)
    const entry = new Entry(intent, bucket, (each) => {
      this.#queue.add(each)
      this.#resume()
    })
    this.#entries.set(key, entry)
    return entry
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#queue.delete(entry)
    this.#settings.environment.deadlines.remove(entry.alarm)
  }

  #resume(): void {
    if (this.#running !== null || this.#stopped || !this.#settings.mayWrite()) return
    for (const entry of this.#queue) {
      this.#queue.delete(entry)
      const change = entry.due(this.#now())
      if (change === null) continue
      if (entry.bucket.wait > 0) {
        this.#later(entry, entry.bucket.wait)
        continue
      }
      if (!this.#bucket.take()) {
        this.#queue.add(entry)
        this.#settings.environment.deadlines.armEarlier(this.#alarm, this.#bucket.wait)
        return
      }
      entry.bucket.take()
      this.#running = this.#write(entry, change).finally(() => {
        this.#running = null
        this.#resume()
      })
      return
    }
  }

  /** Never rejects. */
  async #write(entry: Entry, change: Change): Promise<void> {
    const { client } = this.#settings
    const { intent } = entry
    const how =
      change.type === 'delete'
        ? ({ method: 'DELETE' } as const)
        : ({ method: 'PATCH', contentType: 'application/apply-patch+yaml' } as const)
    const { path, body } = change
    try {
      const answer = await client.call({ ...how, path, body, silenceMs: SILENCE_MS, signal: this.#aborted.signal })
      entry.did(change, answer, this.#now())
      this.#forbidden.delete(placeOf(entry))
      this.#tell(change.type === 'delete' ? 'an object was removed' : 'an object was written', entry)
      this.#later(entry, LOOK_AGAIN_MS)
    } catch (error) {
      if (!this.#stopped) this.#failed(entry, change, error as Error)
    }
    if (entry.intent !== intent) this.#queue.add(entry)
  }

  #failed(entry: Entry, change: Change, error: Error): void {
    const status = error instanceof ApiError ? error.status : 0
    if (this.#entries.get(entryKey(entry.intent.object)) !== entry) return
    // Of what is to go nothing is there any more; of what should be there the namespace goes.
    if (status === 404) {
      this.#later(entry, FORBIDDEN_MS)
      return
    }
    if (status === 403) {
      this.#refused(entry, change, error)
      return
    }
    const retry = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(entry.failures++, 10))
    // It comes by itself as it is now; what is wrong with it by itself stays so.
    const wait = status === 400 || status === 422 ? LONGEST_RETRY_MS : retry
    if (status !== 409 && (entry.failures === 1 || wait !== retry)) this.#tell('an object cannot be written', entry, error)
    this.#later(entry, wait * (1 + this.#settings.environment.random() / 4))
  }

  #refused(entry: Entry, change: Change, { message: reason }: Error): void {
    const { environment } = this.#settings
    const { object } = entry.intent
    const verb = change.type === 'delete' ? 'delete' : entry.intent.current === null ? 'create and patch' : 'patch'
    const place = placeOf(entry)
    if (!this.#forbidden.has(place)) {
      this.#forbidden.add(place)
      environment.log(
        'error',
        `Kubernetes refuses: this account may not ${verb} ${resourceName(object)} in the namespace ${object.namespace}`,
        { verb, resource: resourceName(object), object: nameOf(entry), reason },
      )
    }
    this.#later(entry, FORBIDDEN_MS * (1 + environment.random() / 4))
  }

  #tell(message: string, entry: Entry, error?: Error): void {
    const { kind } = entry.intent.object
    const fields = { kind, object: nameOf(entry), ...(error === undefined ? {} : { reason: error.message }) }
    this.#settings.environment.log(error === undefined ? 'info' : 'warn', message, fields)
  }

  #later(entry: Entry, ms: number): void {
    if (this.#entries.get(entryKey(entry.intent.object)) === entry) this.#settings.environment.deadlines.arm(entry.alarm, ms)
  }

  #now(): number {
    return this.#settings.environment.deadlines.clock.now()
  }
}

function placeOf({ intent: { object } }: Entry): string {
  return `${resourceName(object)} ${object.namespace}`
}

function nameOf({ intent: { object } }: Entry): string {
  return `${object.namespace}/${object.name}`
}
