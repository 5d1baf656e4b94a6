// Writes statuses: of each object the latest that is wanted, only where it differs from what is there, only as the leader, and never
// faster than an API server likes it.

import { Alarm } from '../../model/deadlines.ts'
import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { finishWithin, type KubernetesEnvironment } from '../environment.ts'
import type { ObjectReference } from '../object-reference.ts'
import { resourceName } from '../resource.ts'
import type { ObjectReport } from '../translation.ts'
import { StatusEntry, type StatusToWrite } from './status-entry.ts'
import { TokenBucket } from './token-bucket.ts'

const PER_SECOND = 50
const BURST = 100
const IN_PARALLEL = 8
/** Of one object, so that whoever writes the opposite each time does not keep everybody busy. */
const OF_ONE_PER_SECOND = 0.5
const OF_ONE_BURST = 20
/** After a conflict the object comes by itself, usually within milliseconds. */
const LOOK_UP_MS = 2000
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
const FORBIDDEN_MS = 60_000
const SILENCE_MS = 10_000
/** How long an end waits for what is on its way. */
const STOP_MS = 2000

export interface StatusWriterSettings {
  readonly client: ApiClient
  readonly environment: KubernetesEnvironment
  /** Asked before each write. */
  readonly mayWrite: () => boolean
}

class Entry extends StatusEntry {
  readonly key: string
  readonly bucket: TokenBucket
  readonly alarm: Alarm
  /** After a conflict: the object has to be looked up before the next try. */
  doubtful = false

  constructor(key: string, { object, status }: Reported, bucket: TokenBucket, ring: (entry: Entry) => void) {
    super(object, status)
    this.key = key
    this.bucket = bucket
    this.alarm = new Alarm(() => ring(this))
  }
}

type Reported = ObjectReport & { readonly status: NonNullable<ObjectReport['status']> }

export class StatusWriter {
  readonly #settings: StatusWriterSettings
  readonly #entries = new Map<string, Entry>()
  /** Those that may have something to write, in order. */
  readonly #queue = new Set<Entry>()
  readonly #bucket: TokenBucket
  readonly #running = new Set<Promise<void>>()
  /** Nothing is sent before; after the API server did not answer. */
  #holdUntil = 0
  #failures = 0
  /** Kinds (in a namespace) that this account may not write, until when that is not tried again. */
  readonly #forbidden = new Map<string, number>()
  readonly #alarm = new Alarm(() => this.resume())
  #stopped = false
  readonly #aborted = new AbortController()

  constructor(settings: StatusWriterSettings) {
    this.#settings = settings
    this.#bucket = new TokenBucket(PER_SECOND, BURST, settings.environment.deadlines.clock)
  }

  /** All of them, each time: what is not named is not ours any more. */
  publish(reports: readonly ObjectReport[]): void {
    if (this.#stopped) return
    const named = new Set<string>()
    for (const report of reports) {
      if (report.status === null) continue
      const key = keyOf(report.object)
      named.add(key)
      this.#take(key, report as Reported)
    }
    for (const [key, entry] of this.#entries) if (!named.has(key)) this.#forget(entry)
    this.resume()
  }

  /** This replica leads from now on: what differs is written, whoever wrote it. */
  writeAll(): void {
    for (const entry of this.#entries.values()) this.#queue.add(entry)
    this.resume()
  }

  /** Resolves when nothing is on its way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const entry of [...this.#entries.values()]) this.#forget(entry)
    const { deadlines } = this.#settings.environment
    deadlines.remove(this.#alarm)
    await finishWithin(deadlines, STOP_MS, Promise.all(this.#running), this.#aborted)
  }

  /** Begins what may begin now. */
  resume(): void {
    const { environment, mayWrite } = this.#settings
    if (this.#stopped || !mayWrite()) return
    const now = this.#now()
    if (now < this.#holdUntil) {
      environment.deadlines.armEarlier(this.#alarm, this.#holdUntil - now)
      return
    }
    const stamp = new Date(Math.floor(environment.deadlines.clock.wall() / 1000) * 1000).toISOString().replace('.000', '')
    for (const entry of this.#queue) {
      if (this.#running.size >= IN_PARALLEL) return
      this.#queue.delete(entry)
      if (entry.busy) continue
      const due = entry.due(stamp)
      if (due === null) continue
      const wait = Math.max((this.#forbidden.get(placeOf(entry.object)) ?? 0) - now, entry.bucket.wait)
      if (wait > 0) {
        this.#later(entry, wait)
        continue
      }
      if (!this.#bucket.take()) {
        this.#queue.add(entry)
        environment.deadlines.armEarlier(this.#alarm, this.#bucket.wait)
        return
      }
      entry.bucket.take()
      this.#begin(entry, due)
    }
  }

  #take(key: string, report: Reported): void {
    const { clock } = this.#settings.environment.deadlines
    const known = this.#entries.get(key)
    if (known === undefined) {
      const bucket = new TokenBucket(OF_ONE_PER_SECOND, OF_ONE_BURST, clock)
      const entry = new Entry(key, report, bucket, (each) => this.#again(each))
      this.#entries.set(key, entry)
      this.#queue.add(entry)
      return
    }
    if (known.intent === report.status) return
    known.update(report.status)
    known.doubtful = false
    this.#queue.add(known)
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#queue.delete(entry)
    this.#settings.environment.deadlines.remove(entry.alarm)
  }

  #later(entry: Entry, ms: number): void {
    if (this.#entries.get(entry.key) === entry) this.#settings.environment.deadlines.arm(entry.alarm, ms)
  }

  #again(entry: Entry): void {
    if (this.#stopped || this.#entries.get(entry.key) !== entry) return
    this.#queue.add(entry)
    this.resume()
  }

  #begin(entry: Entry, due: StatusToWrite): void {
    const { intent } = entry
    entry.busy = true
    const run = (entry.doubtful ? this.#lookUp(entry) : this.#write(entry, due)).then(
      () => {
        this.#failures = 0
      },
      (error: Error) => this.#failed(entry, error, due),
    )
    this.#running.add(run)
    void run.then(() => {
      this.#running.delete(run)
      entry.busy = false
      if (this.#entries.get(entry.key) !== entry) return
      // What is wanted by now has not been looked at.
      if (entry.intent !== intent) this.#queue.add(entry)
      this.resume()
    })
  }

  async #write(entry: Entry, due: StatusToWrite): Promise<void> {
    const { intent, patch, resourceVersion } = due
    const { signal } = this.#aborted
    const body = { metadata: { resourceVersion }, status: patch }
    const how = { method: 'PATCH', contentType: 'application/merge-patch+json', silenceMs: SILENCE_MS, signal } as const
    const answer = await this.#settings.client.call({ ...how, path: entry.statusPath, body })
    entry.wrote(intent.wanted, resourceVersion, answer)
    this.#forbidden.delete(placeOf(entry.object))
  }

  async #lookUp(entry: Entry): Promise<void> {
    const { intent } = entry
    const { signal } = this.#aborted
    const found = await this.#settings.client.call({ path: entry.lookUpPath, silenceMs: SILENCE_MS, signal })
    if (entry.intent !== intent) return
    if (!entry.lookedUp(found)) return this.#later(entry, this.#backoff(++entry.failures, LOOK_UP_MS))
    entry.doubtful = false
    this.#queue.add(entry)
  }

  #failed(entry: Entry, error: Error, { intent }: StatusToWrite): void {
    const status = error instanceof ApiError ? error.status : 0
    if (this.#entries.get(entry.key) !== entry) return
    // What is gone is soon not named any more; where it is there anew, it is another object.
    if (status === 404) return
    if (status === 409) {
      if (entry.intent !== intent) return
      entry.doubtful = true
      this.#later(entry, this.#backoff(++entry.failures, LOOK_UP_MS))
    } else if (status === 403) {
      this.#refused(entry, error, entry.doubtful ? 'list' : 'patch')
    } else if (status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429) {
      this.#log('a status was refused by the API server', entry, error)
    } else {
      this.#hold(entry, error)
    }
  }

  /** Nobody is asked anything for a while. */
  #hold(entry: Entry, error: Error): void {
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0
    const wait = Math.max(this.#backoff(++this.#failures, FIRST_RETRY_MS), Math.min(asked, LONGEST_RETRY_MS))
    if (this.#failures === 2) this.#log('statuses cannot be written now', entry, error)
    this.#holdUntil = this.#now() + wait
    this.#queue.add(entry)
  }

  /** The whole kind waits; a first one then tries again. */
  #refused(entry: Entry, error: Error, verb: string): void {
    const place = placeOf(entry.object)
    const { environment } = this.#settings
    if (!this.#forbidden.has(place)) {
      const { group, plural, namespace } = entry.object
      const resource = resourceName({ group, plural: verb === 'list' ? plural : `${plural}/status` })
      environment.log(
        'error',
        `Kubernetes refuses: this account may not ${verb} ${resource}${namespace === '' ? '' : ` in the namespace ${namespace}`}`,
        { verb, resource, object: nameOf(entry.object), reason: error.message },
      )
    }
    entry.doubtful = false
    this.#forbidden.set(place, this.#now() + FORBIDDEN_MS)
    this.#later(entry, FORBIDDEN_MS * (1 + environment.random() / 4))
  }

  #backoff(failures: number, first: number): number {
    const usual = Math.min(LONGEST_RETRY_MS, first * 2 ** Math.min(failures - 1, 10))
    return usual * (1 - this.#settings.environment.random() / 2)
  }

  #log(message: string, { object }: Entry, { message: reason }: Error): void {
    this.#settings.environment.log('warn', message, { kind: object.kind, object: nameOf(object), reason })
  }

  #now(): number {
    return this.#settings.environment.deadlines.clock.now()
  }
}

/** What is made anew under the same name is another object. */
function keyOf({ group, plural, namespace, name, uid }: ObjectReference): string {
  return `${group}/${plural}/${namespace}/${name}/${uid}`
}

function placeOf({ group, plural, namespace }: ObjectReference): string {
  return `${group}/${plural}/${namespace}`
}

function nameOf({ namespace, name }: ObjectReference): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
