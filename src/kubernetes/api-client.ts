// Asks the API server, as whoever we are now: for an answer as a whole, or piece by piece.

import { Alarm, type Deadlines } from '../model/deadlines.ts'
import { type ApiRequest, send } from './api-request.ts'
import type { Access, Identity } from './identity.ts'

/** A page of a list, or one object. */
const MOST_BYTES = 256 * 1024 * 1024
const SIGN_IN_MS = 30_000

export interface ApiClientSettings {
  readonly load: () => Promise<Identity>
  readonly deadlines: Deadlines
}

export class ApiClient {
  readonly #settings: ApiClientSettings
  #identity: Promise<Identity> | null = null

  constructor(settings: ApiClientSettings) {
    this.#settings = settings
  }

  /** The answer's JSON. Rejects with an ApiError for what the API server refuses, with an Error for everything else. */
  async call(request: ApiRequest): Promise<unknown> {
    const pieces: Buffer[] = []
    let size = 0
    await this.stream(request, (piece) => {
      size += piece.length
      if (size > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`)
      pieces.push(piece)
    })
    const text = Buffer.concat(pieces).toString('utf8')
    if (text === '') return null
    try {
      return JSON.parse(text)
    } catch {
      throw new Error('an answer that is not JSON')
    }
  }

  /** Calls `take` with what a good answer's body brings; what it throws ends the request. Resolves at the end. Rejects as `call`. */
  async stream(request: ApiRequest, take: (piece: Buffer) => void, begun: () => void = () => {}): Promise<void> {
    try {
      const identity = await this.#signedIn()
      await send(
        { ...request, identity, access: await this.#access(identity), deadlines: this.#settings.deadlines },
        take,
        begun,
      )
    } catch (error) {
      await this.#doubt(error as Error & { status?: number; code?: string })
      throw error
    }
  }

  close(): void {
    this.#forget()
  }

  #signedIn(): Promise<Identity> {
    this.#identity ??= this.#settings.load()
    return this.#identity
  }

  /** A credential plugin may hang. */
  #access(identity: Identity): Promise<Access> {
    const { deadlines } = this.#settings
    return new Promise((resolve, reject) => {
      const alarm = new Alarm(() => reject(new Error(`no credential within ${SIGN_IN_MS / 1000} s`)))
      deadlines.arm(alarm, SIGN_IN_MS)
      identity.access().then(
        (access) => {
          deadlines.remove(alarm)
          resolve(access)
        },
        (error: Error) => {
          deadlines.remove(alarm)
          reject(new Error(`no credential: ${error.message.slice(0, 300)}`))
        },
      )
    })
  }

  /** Who we are may be what is wrong: then it is read again. */
  async #doubt({ status, code = '' }: { status?: number; code?: string }): Promise<void> {
    const identity = await (this.#identity ?? Promise.resolve(null)).catch(() => null)
    if (identity === null || status === 401 || /TLS|SSL|CERT|SIGN|UNABLE_TO|EPROTO/.test(code) || identity.stale())
      this.#forget()
  }

  #forget(): void {
    const identity = this.#identity
    this.#identity = null
    identity?.then(
      (each) => each.close(),
      () => {},
    )
  }
}
