// Tells of what is wrong with objects by Events on them: each once, again while it lasts so that it stays to be seen, and when it is over.

import { Alarm } from '../../model/deadlines.ts'
import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { finishWithin, type KubernetesEnvironment } from '../environment.ts'
import type { ObjectReference } from '../object-reference.ts'
import type { ObjectProblem, ObjectReport } from '../translation.ts'
import { againBody, type EventText, eventBody, eventName, eventPath } from './event.ts'
import { TokenBucket } from './token-bucket.ts'

/** What is told of at the same time; of more only the number is logged. */
const MOST_TOLD = 5000
/** Of one object: an Ingress of thousands of paths that are wrong must not leave others no room. */
const MOST_OF_ONE = 100
/** API servers forget an Event after an hour. */
const AGAIN_MS = 30 * 60_000
const PER_SECOND = 10
const BURST = 50
const IN_PARALLEL = 4
/** Of one object, as client-go has it: 25, then one in five minutes. */
const OF_ONE_BURST = 25
const OF_ONE_PER_SECOND = 1 / 300
/** What is over by then is not told: of objects that are created together those that are named often come last. */
const SETTLE_MS = 2000
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
const FORBIDDEN_MS = 300_000
const SILENCE_MS = 10_000
const STOP_MS = 2000

const OVER: EventText = { type: 'Normal', reason: 'Resolved', note: 'everything that was wrong with it is mended' }

export interface EventsSettings {
  readonly client: ApiClient
  readonly environment: KubernetesEnvironment
  readonly mayWrite: () => boolean
  /** Of this replica. */
  readonly identity: string
}

/** One Event. */
interface Told {
  readonly object: ObjectReference
  readonly text: EventText
  readonly bucket: TokenBucket
  readonly notBefore: number
  /** 0 = not known to be there. */
  count: number
  readonly alarm: Alarm
}

interface Subject {
  readonly report: ObjectReport
  readonly bucket: TokenBucket
  /** By the name of the Event. */
  told: Map<string, Told>
  /** Whether somebody was told that anything is wrong, and not yet that it is over. */
  readonly warned: boolean
}

export class Events {
  readonly #settings: EventsSettings
  /** By uid: objects with something wrong, and those where it is over. */
  #subjects = new Map<string, Subject>()
  readonly #queue = new Set<Told>()
  readonly #bucket: TokenBucket
  readonly #running = new Set<Promise<void>>()
  readonly #aborted = new AbortController()
  readonly #alarm = new Alarm(() => this.resume())
  #holdUntil = 0
  #failures = 0
  #forbidden = false
  #tooMany = false
  #stopped = false

  constructor(settings: EventsSettings) {
    this.#settings = settings
    this.#bucket = new TokenBucket(PER_SECOND, BURST, settings.environment.deadlines.clock)
  }

  /** All reports, each time. */
  publish(reports: readonly ObjectReport[]): void {
    if (this.#stopped) return
    const before = this.#subjects
    const subjects = new Map<string, Subject>()
    let room = MOST_TOLD
    let left = 0
    for (const report of reports) {
      const known = before.get(report.object.uid)
      if (known === undefined && report.problems.length === 0) continue
      const subject = known?.report === report ? known : this.#subject(report, known)
      if (subject.told.size > room) {
        left++
        this.#forget(subject)
        if (known !== undefined) this.#forget(known)
        continue
      }
      room -= subject.told.size
      subjects.set(report.object.uid, subject)
      before.delete(report.object.uid)
    }
    for (const subject of before.values()) this.#forget(subject)
    this.#subjects = subjects
    this.#tellOfTooMany(left)
    this.resume()
  }

  /** This replica leads from now on. */
  tellAll(): void {
    for (const { told } of this.#subjects.values())
      for (const each of told.values()) if (each.count === 0) this.#queue.add(each)
    this.resume()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const { deadlines } = this.#settings.environment
    for (const subject of this.#subjects.values()) this.#forget(subject)
    this.#subjects.clear()
    deadlines.remove(this.#alarm)
    await finishWithin(deadlines, STOP_MS, Promise.all(this.#running), this.#aborted)
  }

  resume(): void {
    const { environment, mayWrite } = this.#settings
    const { deadlines } = environment
    if (this.#stopped || !mayWrite()) return
    const wait = this.#holdUntil - deadlines.clock.now()
    if (wait > 0 && this.#queue.size > 0) {
      deadlines.armEarlier(this.#alarm, wait)
      return
    }
    for (const told of this.#queue) {
      if (this.#running.size >= IN_PARALLEL) return
      const early = told.notBefore - deadlines.clock.now()
      if (early > 0) {
        // Those behind it are as new, or can wait as long.
        deadlines.armEarlier(this.#alarm, early)
        return
      }
      if (told.bucket.wait > 0) {
        this.#queue.delete(told)
        deadlines.arm(told.alarm, told.bucket.wait)
        continue
      }
      if (!this.#bucket.take()) {
        deadlines.armEarlier(this.#alarm, this.#bucket.wait)
        return
      }
      told.bucket.take()
      this.#queue.delete(told)
      this.#begin(told)
    }
  }

  /** What is told of an object goes on where it stays the same. */
  #subject(report: ObjectReport, known: Subject | undefined): Subject {
    const bucket = known?.bucket ?? new TokenBucket(OF_ONE_PER_SECOND, OF_ONE_BURST, this.#settings.environment.deadlines.clock)
    const before = [...(known?.told.values() ?? [])]
    const warned = known?.warned === true || before.some(({ text, count }) => text !== OVER && count > 0)
    const wrong = report.problems.length > 0
    const over = warned || before.some(({ text }) => text === OVER) ? [OVER] : []
    const texts = wrong ? textsOf(report.problems.slice(0, MOST_OF_ONE)) : over
    const told = new Map<string, Told>()
    for (const text of texts) {
      const name = eventName(report.object, text)
      if (told.has(name)) continue
      const same = known?.told.get(name)
      told.set(name, same ?? this.#told(report.object, text, bucket))
    }
    for (const [name, each] of known?.told ?? []) if (!told.has(name)) this.#drop(each)
    return { report, bucket, told, warned: wrong && warned }
  }

  #told(object: ObjectReference, text: EventText, bucket: TokenBucket): Told {
    const notBefore = this.#settings.environment.deadlines.clock.now() + (text === OVER ? 0 : SETTLE_MS)
    const told: Told = { object, text, bucket, notBefore, count: 0, alarm: new Alarm(() => this.#again(told)) }
    this.#queue.add(told)
    return told
  }

  #again(told: Told): void {
    if (this.#stopped) return
    this.#queue.add(told)
    this.resume()
  }

  #forget({ told }: Subject): void {
    for (const each of told.values()) this.#drop(each)
  }

  #drop(told: Told): void {
    this.#queue.delete(told)
    this.#settings.environment.deadlines.remove(told.alarm)
  }

  #begin(told: Told): void {
    const run = this.#send(told).then(
      () => {
        this.#failures = 0
        this.#forbidden = false
        // What is over is said once.
        if (told.text !== OVER && this.#tells(told)) this.#settings.environment.deadlines.arm(told.alarm, AGAIN_MS)
      },
      (error: Error) => this.#failed(told, error),
    )
    this.#running.add(run)
    void run.then(() => {
      this.#running.delete(run)
      this.resume()
    })
  }

  /** Makes the Event, or counts on in it. */
  async #send(told: Told): Promise<void> {
    const { client, environment, identity } = this.#settings
    const { object, text } = told
    const { signal } = this.#aborted
    const wall = environment.deadlines.clock.wall()
    if (told.count === 0) {
      const body = eventBody(object, text, identity, wall)
      const made = await client
        .call({ method: 'POST', path: eventPath(object, null), body, silenceMs: SILENCE_MS, signal })
        .then(() => true, unless(409, false))
      told.count = 1
      if (made) return
    }
    const path = eventPath(object, eventName(object, text))
    const body = againBody(told.count + 1, wall)
    const contentType = 'application/merge-patch+json'
    const patched = await client
      .call({ method: 'PATCH', path, body, contentType, silenceMs: SILENCE_MS, signal })
      .then(() => true, unless(404, false))
    told.count = patched ? told.count + 1 : 0
    // The API server has forgotten it.
    if (!patched) this.#queue.add(told)
  }

  #failed(told: Told, error: Error): void {
    const { environment } = this.#settings
    const status = error instanceof ApiError ? error.status : 0
    if (!this.#tells(told)) return
    const fields = { kind: told.object.kind, object: `${told.object.namespace}/${told.object.name}`, reason: error.message }
    // A namespace that ends, or has ended.
    if (status === 404 || (status === 403 && /being terminated/.test(error.message))) return
    if (status === 403) {
      if (!this.#forbidden) environment.log('error', 'Kubernetes refuses: this account may not create and patch events', fields)
      this.#forbidden = true
      this.#hold(FORBIDDEN_MS)
    } else if (status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429) {
      environment.log('warn', 'an Event was refused by the API server', fields)
      return
    } else {
      const usual = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10))
      const asked = error instanceof ApiError ? Math.min(error.retryAfter ?? 0, LONGEST_RETRY_MS) : 0
      this.#hold(Math.max(asked, usual * (1 - environment.random() / 2)))
    }
    this.#queue.add(told)
  }

  #hold(ms: number): void {
    this.#holdUntil = this.#settings.environment.deadlines.clock.now() + ms
  }

  #tells(told: Told): boolean {
    return this.#subjects.get(told.object.uid)?.told.get(eventName(told.object, told.text)) === told
  }

  #tellOfTooMany(left: number): void {
    if (left > 0 && !this.#tooMany)
      this.#settings.environment.log('warn', 'too much is wrong to tell all of it by Events', { objectsLeftOut: left })
    this.#tooMany = left > 0
  }
}

/** What is the same in several places is told once, with the first of them. */
function textsOf(problems: readonly ObjectProblem[]): EventText[] {
  const places = new Map<string, { readonly problem: ObjectProblem; more: number }>()
  for (const problem of problems) {
    const key = `${problem.reason} ${problem.message}`
    const known = places.get(key)
    if (known === undefined) places.set(key, { problem, more: 0 })
    else if (known.problem.path !== problem.path) known.more++
  }
  return [...places.values()].map(({ problem: { reason, message, path }, more }) => {
    const where = path === '' || message.includes(path) ? '' : `${path}${more > 0 ? ` and ${more} more` : ''}: `
    return { type: 'Warning', reason, note: `${where}${message}` }
  })
}

/** Turns one answer into a value. */
function unless<Value>(status: number, value: Value): (error: Error) => Value {
  return (error) => {
    if (error instanceof ApiError && error.status === status) return value
    throw error
  }
}
