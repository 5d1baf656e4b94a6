// Which of the replicas writes to Kubernetes: the holder of a Lease, by the rules of client-go's leader election. Times are reckoned by
// this process's own clock alone, from the moment when the Lease was seen to change.

import { Alarm } from '../../model/deadlines.ts'
import type { ApiClient } from '../api-client.ts'
import { ApiError } from '../api-error.ts'
import { finishWithin, type KubernetesEnvironment, pause } from '../environment.ts'
import { durationOf, leasePath, newLease, type RawLease, released, renewed } from './lease.ts'

/** Others wait for 15 s (LEASE_SECONDS): whoever could not renew ends well before. */
const RENEW_DEADLINE_MS = 10_000
const RETRY_MS = 2000
const LONGEST_REFUSED_MS = 30_000
const SILENCE_MS = 5000
/** An orderly end does not wait for an API server that does not answer: so long for what is on its way, and to let go. */
const STOP_MS = 2000

export interface LeaderSettings {
  readonly client: ApiClient
  readonly environment: KubernetesEnvironment
  readonly lease: { readonly namespace: string; readonly name: string }
  /** Of this process: no other one ever has it. */
  readonly identity: string
  /** What is told to `changed` may be old news when it arrives: `leader` says what holds. */
  readonly changed: (leader: boolean) => void
}

export class Leader {
  readonly #settings: LeaderSettings
  readonly #stopped = new AbortController()
  readonly #cut = new AbortController()
  readonly #ended: Promise<void>
  /** null = it has to be read again. */
  #lease: RawLease | null = null
  /** What the Lease said when it changed last, and when that was seen. */
  #said = ''
  #seenAt = 0
  #holdsUntil = 0
  /** Leads until then; 0 = does not. */
  #leadsUntil = 0
  #refusals = 0
  #trouble = ''
  #other = ''
  readonly #expiry = new Alarm(() => this.#expire())

  constructor(settings: LeaderSettings) {
    this.#settings = settings
    this.#ended = this.#run()
  }

  /** True only while no other replica can believe the same of itself. */
  get leader(): boolean {
    return this.#leadsUntil > this.#now()
  }

  /** Why it cannot be decided who leads; '' = it can. */
  get trouble(): string {
    return this.#trouble
  }

  /** Lets go of the Lease, so that another replica takes over at once. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return this.#ended
    this.#stopped.abort()
    const { client, environment } = this.#settings
    const { deadlines } = environment
    await finishWithin(deadlines, STOP_MS, this.#ended, this.#cut)
    const mine = this.#lease
    const led = this.leader
    this.#lose()
    // An API server that has just kept us waiting would again.
    if (!led || mine === null || this.#cut.signal.aborted) return
    const body = released(mine, deadlines.clock.wall())
    await client.call({ method: 'PUT', path: this.#path(), body, silenceMs: STOP_MS }).catch(() => {})
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#stopped
    const { deadlines, random } = this.#settings.environment
    while (!signal.aborted) {
      const error = await this.#acquireOrRenew().then(
        () => null,
        (reason: Error) => reason,
      )
      if (error === null) this.#fine()
      else this.#failed(error)
      const usual = this.leader ? RETRY_MS : RETRY_MS * (1 + random())
      const wait = this.leader ? usual : Math.max(usual, Math.min(LONGEST_REFUSED_MS, (RETRY_MS / 2) * 2 ** this.#refusals))
      await pause(deadlines, wait, signal)
    }
  }

  async #acquireOrRenew(): Promise<void> {
    if (this.leader && this.#lease !== null) {
      const error = await this.#write(this.#lease).catch((reason: Error) => reason)
      if (!(error instanceof Error)) return
      this.#lease = null
      if (!(error instanceof ApiError && error.status === 409)) throw error
    }
    const lease = await this.#read()
    if (this.#stopped.signal.aborted) return
    if (lease === null) return this.#write(null)
    this.#see(lease)
    const holder = lease.spec?.holderIdentity ?? ''
    const mine = holder === this.#settings.identity
    if (mine || this.#now() >= this.#holdsUntil) return this.#write(lease)
    // Someone took it from us, by hand or because we were away.
    this.#lose()
    this.#follow(holder)
  }

  async #read(): Promise<RawLease | null> {
    const request = { path: this.#path(), silenceMs: SILENCE_MS, signal: this.#cut.signal }
    try {
      return (await this.#settings.client.call(request)) as RawLease
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null
      throw error
    }
  }

  /** Rejects when another replica was faster. */
  async #write(lease: RawLease | null): Promise<void> {
    const { client, identity, environment, lease: place } = this.#settings
    const wall = environment.deadlines.clock.wall()
    const sentAt = this.#now()
    const { namespace, name } = place
    const request =
      lease === null
        ? { method: 'POST' as const, path: leasePath(namespace, null), body: newLease(namespace, name, identity, wall) }
        : { method: 'PUT' as const, path: this.#path(), body: renewed(lease, identity, wall) }
    const written = (await client.call({ ...request, silenceMs: SILENCE_MS, signal: this.#cut.signal })) as RawLease
    this.#see(written)
    this.#lease = written
    this.#lead(sentAt)
  }

  #see({ spec }: RawLease): void {
    const said = JSON.stringify(spec ?? null)
    if (said === this.#said) return
    this.#said = said
    this.#seenAt = this.#now()
    this.#holdsUntil = this.#seenAt + durationOf(spec)
  }

  /** For as long as the deadline allows after the request was sent, whatever time its answer took. */
  #lead(sentAt: number): void {
    const { environment, changed } = this.#settings
    const led = this.#leadsUntil !== 0 && this.leader
    this.#leadsUntil = sentAt + RENEW_DEADLINE_MS
    this.#other = ''
    this.#expire()
    if (led || !this.leader) return
    environment.log('info', 'this replica writes statuses and Events now', { lease: this.#name() })
    changed(true)
  }

  #expire(): void {
    if (this.#leadsUntil === 0) return
    if (this.leader) {
      this.#settings.environment.deadlines.arm(this.#expiry, this.#leadsUntil - this.#now())
      return
    }
    this.#lose()
  }

  #lose(): void {
    if (this.#leadsUntil === 0) return
    const { environment, changed } = this.#settings
    this.#leadsUntil = 0
    environment.deadlines.remove(this.#expiry)
    environment.log('info', 'this replica does not write statuses and Events any more', { lease: this.#name() })
    changed(false)
  }

  #follow(holder: string): void {
    if (holder === this.#other) return
    this.#other = holder
    this.#settings.environment.log('info', 'another replica writes statuses and Events', { lease: this.#name(), holder })
  }

  #fine(): void {
    this.#refusals = 0
    if (this.#trouble === '') return
    this.#trouble = ''
    this.#settings.environment.log('info', 'the Lease can be read and written again', { lease: this.#name() })
  }

  #failed(error: Error): void {
    const status = error instanceof ApiError ? error.status : 0
    // Another replica was faster: the next look shows who.
    if (status === 409) return
    if (status >= 400 && status < 500) this.#refusals = Math.min(this.#refusals + 1, 10)
    const trouble = this.#inWords(error, status)
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#settings.environment.log(
      status === 403 || status === 404 ? 'error' : 'warn',
      'it cannot be decided which replica writes statuses and Events',
      { lease: this.#name(), reason: trouble },
    )
  }

  #inWords(error: Error, status: number): string {
    const { namespace } = this.#settings.lease
    if (status === 403)
      return `this account needs get, create and update of leases.coordination.k8s.io in the namespace ${namespace}`
    if (status === 404) return `the namespace ${namespace} of kubernetes.leaderElection does not exist`
    return error.message
  }

  #path(): string {
    const { namespace, name } = this.#settings.lease
    return leasePath(namespace, name)
  }

  #name(): string {
    const { namespace, name } = this.#settings.lease
    return `${namespace}/${name}`
  }

  #now(): number {
    return this.#settings.environment.deadlines.clock.now()
  }
}
