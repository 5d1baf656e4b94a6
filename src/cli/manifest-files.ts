// The files that `-f` names: as kubectl has it, `-` is what comes in and folders are what lies below them.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface NamedText {
  readonly name: string
  readonly text: string
}

const MANIFEST = /\.(?:ya?ml|json)$/

/** Those of a folder in the order of their names. Rejects where there is nothing. */
export async function manifestFiles(paths: readonly string[]): Promise<NamedText[]> {
  const names = (await Promise.all(paths.map(namesAt))).flat()
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(name === '-' ? '/dev/stdin' : name, 'utf8') })))
}

async function namesAt(path: string): Promise<string[]> {
  if (path === '-' || !(await stat(path)).isDirectory()) return [path]
  const names = (await readdir(path, { recursive: true })).filter((name) => MANIFEST.test(name)).sort()
  if (names.length === 0) throw new Error(`${path} holds no .yaml, .yml or .json`)
  return names.map((name) => join(path, name))
}
