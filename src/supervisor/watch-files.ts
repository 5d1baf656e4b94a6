// Notices that one of the configuration's files changed: editors that replace files, symbolic links that are turned over
// (Kubernetes mounts a ConfigMap behind `..data`), and new files in included folders.

import { realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'

/** Several events of one save become one call. */
const QUIET_MS = 100
/** A file system's clock may lag behind by this. */
const CLOCK_GRAIN_MS = 20

/** What is looked at: folders, each with the names in it that matter; null = every name. */
type Places = Map<string, Set<string> | null>

export class FileWatch {
  readonly #changed: () => void
  #watcher: FSWatcher | null = null
  #places: Places = new Map()
  #timer: NodeJS.Timeout | null = null

  /** `changed` is called once after things have been quiet for a moment. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /**
   * Watches exactly these files, and folders for whatever is in them. `readAt` (milliseconds since the epoch) is when they were
   * read: a change between then and now is not missed where a folder was not yet watched.
   */
  async update(files: readonly string[], readAt: number): Promise<void> {
    const places = await placesOf(files)
    const before = this.#places
    this.#places = places
    const added = [...places.keys()].filter((folder) => !before.has(folder))
    if (this.#watcher === null) await this.#open([...places.keys()])
    else {
      if (added.length > 0) this.#watcher.add(added)
      const gone = [...before.keys()].filter((folder) => !places.has(folder))
      if (gone.length > 0) this.#watcher.unwatch(gone)
    }
    const unseen = files.filter((file) => added.includes(file) || added.includes(dirname(file)))
    if (await changedSince(unseen, readAt - CLOCK_GRAIN_MS)) this.#event(null)
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const watcher = this.#watcher
    this.#watcher = null
    this.#places = new Map()
    await watcher?.close()
  }

  async #open(folders: string[]): Promise<void> {
    // Folders, not files: a replaced file is a new one, and only its folder tells.
    const watcher = watch(folders, { depth: 0, ignoreInitial: true, followSymlinks: false })
    this.#watcher = watcher
    watcher.on('all', (_event, path) => this.#event(path))
    watcher.on('error', () => this.#event(null))
    await new Promise<void>((resolve) => watcher.once('ready', resolve))
  }

  /** null = something may have been missed. */
  #event(path: string | null): void {
    if (path !== null && !this.#matters(path)) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#changed()
    }, QUIET_MS)
  }

  #matters(path: string): boolean {
    const names = this.#places.get(dirname(path))
    return names === null || names?.has(basename(path)) === true
  }
}

async function placesOf(files: readonly string[]): Promise<Places> {
  const places: Places = new Map()
  const add = (folder: string, name: string | null) => {
    const names = places.get(folder)
    if (name === null) places.set(folder, null)
    else if (names === undefined) places.set(folder, new Set([name, '..data']))
    else names?.add(name)
  }
  for (const file of files) {
    const folder = await stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (folder) {
      add(file, null)
      continue
    }
    add(dirname(file), basename(file))
    // Behind a symbolic link the content changes elsewhere.
    const real = await realpath(file).catch(() => file)
    if (real !== file) add(dirname(real), basename(real))
  }
  return places
}

async function changedSince(files: readonly string[], since: number): Promise<boolean> {
  const changes = files.map((file) =>
    stat(file).then(
      (found) => Math.max(found.mtimeMs, found.ctimeMs) > since,
      () => false,
    ),
  )
  return (await Promise.all(changes)).includes(true)
}
