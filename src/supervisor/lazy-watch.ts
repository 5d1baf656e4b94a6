// Loads the file watcher when there is something to watch, and does one thing after the other.

import type { FileWatch } from './watch-files.ts'

export class LazyWatch {
  readonly #changed: () => void
  #watch: FileWatch | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** null = nothing. `readAt` is when the files were read, in milliseconds since the epoch. */
  follow(files: readonly string[] | null, readAt: number): Promise<void> {
    this.#last = this.#last.then(() => this.#follow(files, readAt))
    return this.#last
  }

  async #follow(files: readonly string[] | null, readAt: number): Promise<void> {
    if (files === null) {
      await this.#watch?.close()
      this.#watch = null
      return
    }
    if (this.#watch === null) {
      const { FileWatch } = await import('./watch-files.ts')
      this.#watch = new FileWatch(this.#changed)
    }
    await this.#watch.update(files, readAt)
  }
}
