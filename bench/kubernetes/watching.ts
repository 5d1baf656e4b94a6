// A watch beside the gateway's: when did the event arrive?

import { request } from 'undici'
import { ACCOUNTS, type ControlPlane } from '../../test/support/control-plane.ts'

export class Watching {
  /** Resolves when it watches. */
  readonly begun: Promise<void>
  /** When the last event came (performance.now). */
  lastAt = 0
  readonly #waiting = new Map<string, { left: number; resolve: (at: number) => void }>()
  readonly #stopped = new AbortController()

  constructor(plane: ControlPlane, path: string) {
    this.begun = this.#begin(plane, path)
  }

  /** Resolves with the time of the next event of this object, or of the `count`th event of any. */
  next(name: string, count = 0): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(count === 0 ? name : '', { left: count, resolve }))
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #begin(plane: ControlPlane, path: string): Promise<void> {
    const list = (await plane.call('GET', `${path}?limit=1`)) as { metadata: { resourceVersion: string } }
    const answer = await request(`${plane.url}${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}`, {
      dispatcher: plane.dispatcher,
      headers: { authorization: `Bearer ${ACCOUNTS.admin}` },
      signal: this.#stopped.signal,
      bodyTimeout: 0,
    })
    let text = ''
    answer.body.setEncoding('utf8')
    answer.body.on('error', () => {})
    answer.body.on('data', (piece: string) => {
      const lines = (text + piece).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) this.#saw((JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name)
    })
  }

  #saw(name: string): void {
    this.lastAt = performance.now()
    const one = this.#waiting.get(name)
    if (one !== undefined) {
      this.#waiting.delete(name)
      one.resolve(this.lastAt)
    }
    const all = this.#waiting.get('')
    if (all !== undefined && --all.left === 0) {
      this.#waiting.delete('')
      all.resolve(this.lastAt)
    }
  }
}
