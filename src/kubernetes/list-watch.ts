// Keeps in step with all objects of a kind in one namespace or in all: lists, watches, and begins anew when that breaks, for ever.

import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { type KubernetesEnvironment, pause } from './environment.ts'
import { listAll } from './list.ts'
import type { RawObject } from './resource.ts'
import { watchOnce } from './watch.ts'

export interface ListWatchSettings {
  readonly client: ApiClient
  readonly path: string
  readonly environment: KubernetesEnvironment
  readonly sink: ListWatchSink
}

export interface ListWatchSink {
  /** A list begins: what `listed` does not name until `complete` is gone. */
  listing(): void
  listed(object: RawObject): void
  complete(): void
  changed(object: RawObject): void
  gone(object: RawObject): void
  /** In step at this moment: something came, if only a sign of life. */
  alive(): void
  /** Not in step; `verb` is what was tried. */
  failed(error: Error, verb: 'list' | 'watch'): void
}

const FIRST_RETRY_MS = 500
/** While there is no answer; an API server that is back is found within this. */
const LONGEST_RETRY_MS = 3000
/** While the answer is no. */
const LONGEST_REFUSED_MS = 10_000
/** The API server does not know the kind. */
const UNKNOWN_KIND_MS = 30_000
const LONGEST_ASKED_MS = 60_000
/** The API server ends a watch after so long; spread, so that not all end at once. */
const WATCH_SECONDS = { least: 240, most: 480 }
/** Bookmarks come about once a minute. */
const SILENCE_MS = 150_000
/** A watch that held for so long was a good one, whatever ended it. */
const LONG_MS = 10_000
/** A watch that ends sooner without having brought anything is as bad as a failure. */
const SHORT_MS = 1000

export class ListWatch {
  readonly #settings: ListWatchSettings
  readonly #stopped = new AbortController()
  /** Where to go on; null = with a list. */
  #version: string | null = null
  #failures = 0
  #kindOfFailure = ''
  /** Something came since the last failure. */
  #fruitful = false
  /** It was listed anew because the version was forgotten, and nothing came since. */
  #anew = false

  constructor(settings: ListWatchSettings) {
    this.#settings = settings
    void this.#run()
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const verb = this.#version === null ? 'list' : 'watch'
      const error = await (this.#version === null ? this.#list() : this.#watch(this.#version)).then(
        () => null,
        (reason: Error) => reason,
      )
      if (signal.aborted) return
      if (error !== null) await this.#recover(error, verb)
    }
  }

  async #list(): Promise<void> {
    const { client, path, sink } = this.#settings
    sink.listing()
    const version = await listAll(client, path, this.#stopped.signal, (object) => sink.listed(object))
    if (this.#stopped.signal.aborted) return
    this.#version = version
    sink.complete()
    sink.alive()
  }

  async #watch(version: string): Promise<void> {
    const { client, path, sink, environment } = this.#settings
    const { least, most } = WATCH_SECONDS
    const timeoutSeconds = Math.round(least + (most - least) * environment.random())
    const began = environment.deadlines.clock.now()
    const { signal } = this.#stopped
    let brought = false
    const at = (next: string): void => {
      if (signal.aborted) throw new Error('stopped')
      brought = true
      this.#fruitful = true
      this.#version = next
    }
    await watchOnce(
      client,
      { path, version, timeoutSeconds, silenceMs: SILENCE_MS, signal },
      {
        begun: () => sink.alive(),
        changed(object, next) {
          at(next)
          sink.changed(object)
          sink.alive()
        },
        gone(object, next) {
          at(next)
          sink.gone(object)
          sink.alive()
        },
        bookmark(next) {
          at(next)
          sink.alive()
        },
      },
    ).catch((error: Error) => {
      if (environment.deadlines.clock.now() - began > LONG_MS) this.#fruitful = true
      throw error
    })
    if (!brought && environment.deadlines.clock.now() - began < SHORT_MS) throw new Error('the watch ended at once')
    this.#failures = 0
    this.#anew = false
  }

  async #recover(error: Error, verb: 'list' | 'watch'): Promise<void> {
    const { sink, environment } = this.#settings
    const status = error instanceof ApiError ? error.status : 0
    if (this.#fruitful) {
      this.#failures = 0
      this.#anew = false
    }
    this.#fruitful = false
    const kept = keepsVersion(error, status)
    if (!kept) this.#version = null
    // What came after the version is forgotten: usual after a long time away.
    if (status === 410 && !this.#anew) {
      this.#anew = true
      return
    }
    const kind = `${verb} ${status}`
    if (kind !== this.#kindOfFailure) this.#failures = 0
    this.#kindOfFailure = kind
    // Watches are cut for many reasons: worth a word when the next one fails too.
    if (this.#failures > 0 || verb === 'list' || status > 0 || !kept) sink.failed(error, verb)
    await pause(environment.deadlines, this.#wait(error, status), this.#stopped.signal)
  }

  #wait(error: Error, status: number): number {
    const spread = 1 - this.#settings.environment.random() / 2
    if (status === 404) return UNKNOWN_KIND_MS * spread
    const longest = status > 0 ? LONGEST_REFUSED_MS : LONGEST_RETRY_MS
    const usual = Math.min(longest, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10))
    const asked = error instanceof ApiError && error.retryAfter !== null ? Math.min(error.retryAfter, LONGEST_ASKED_MS) : 0
    return Math.max(usual * spread, asked)
  }
}

/** Answers that say nothing about the version. */
const NOT_NOW = [401, 403, 429, 500, 502, 503, 504]

/** An outage takes nothing away; an answer that makes no sense does, and one about the version itself. */
function keepsVersion(error: Error & { code?: string }, status: number): boolean {
  if (status > 0) return NOT_NOW.includes(status) && !/resource ?version/i.test(error.message)
  return error.code !== undefined || /was cut|nothing came|at once|no credential/.test(error.message)
}
