// The signals of the gateway's first process, from its first moment on: SIGHUP must not end it while it starts.

/** Wrappers pass a signal on to a process that has got it from the terminal as well: within this time it is the same one. */
const SAME_MS = 250

export class Signals {
  /** Resolves when the gateway is asked to end. */
  readonly stop: Promise<string>
  /** Asked a second time: now. */
  force: (() => void) | null = null
  #stop: (reason: string) => void = () => {}
  #stoppedAt: number | null = null
  readonly #reload = new Latch()
  readonly #reopen = new Latch()
  readonly #handlers: readonly (readonly [NodeJS.Signals, () => void])[]

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.stop = new Promise((resolve) => {
      this.#stop = resolve
    })
    const stop = (signal: string) => {
      if (this.#stoppedAt !== null && now() - this.#stoppedAt > SAME_MS) this.force?.()
      this.#stoppedAt ??= now()
      this.#stop(signal)
    }
    this.#handlers = [
      ['SIGTERM', () => stop('SIGTERM')],
      ['SIGINT', () => stop('SIGINT')],
      ['SIGHUP', () => this.#reload.fire()],
      ['SIGUSR1', () => this.#reopen.fire()],
    ]
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
  }

  /** Ends the gateway in the same way as a signal. */
  readonly requestStop = (reason: string): void => this.#stop(reason)

  onReload(reload: () => void): void {
    this.#reload.set(reload)
  }

  onReopen(reopen: () => void): void {
    this.#reopen.set(reopen)
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }
}

/** Keeps one event until there is somebody who wants it. */
class Latch {
  #fired = false
  #listener: (() => void) | null = null

  fire(): void {
    if (this.#listener === null) this.#fired = true
    else this.#listener()
  }

  set(listener: () => void): void {
    this.#listener = listener
    if (this.#fired) listener()
    this.#fired = false
  }
}
