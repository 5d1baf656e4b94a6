// Files and variables that a configuration names by path: made absolute and, where they hold a secret, looked at.

import { resolve } from 'node:path'
import type { Environment } from './environment.ts'
import type { Problem } from './problem.ts'
import { readText } from './read-text.ts'
import { problemAt, type SourceNode } from './source-tree.ts'

/** Stands for every item of a list, and every value of a block. */
const EACH = '*'

/** Where paths of files stand; words that are no paths. A key that takes a file joins with one line. */
const PATHS: readonly { readonly at: readonly string[]; readonly words: readonly string[] }[] = [
  { at: ['admin', 'token', 'file'], words: [] },
  { at: ['routes', EACH, 'affinity', 'secret', 'file'], words: [] },
  { at: ['accessLog', 'file'], words: ['stdout', 'stderr'] },
  { at: ['tracing', 'otlp', 'headers', EACH, 'file'], words: [] },
  { at: ['plugins', EACH, 'path'], words: [] },
  { at: ['kubernetes', 'kubeconfig'], words: ['off'] },
  ...['ca', 'cert', 'key'].map((key) => ({ at: ['upstreams', EACH, 'tls', key], words: [] })),
  ...['cert', 'key'].map((key) => ({ at: ['listeners', EACH, 'tls', 'certificates', EACH, key], words: [] })),
  { at: ['listeners', EACH, 'tls', 'clientAuth', 'ca'], words: [] },
]

/** Blocks that hold a secret as `{ env }` or `{ file }`. */
const SECRETS: readonly (readonly string[])[] = [
  ['admin', 'token'],
  ['routes', EACH, 'affinity', 'secret'],
  ['tracing', 'otlp', 'headers', EACH],
]

function children(node: SourceNode, path: readonly string[]): SourceNode[] {
  let found = [node]
  for (const key of path) {
    found = found.flatMap(({ value }) => {
      if (key === EACH) return Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : []
      return (value instanceof Map ? value.get(key) : undefined) ?? []
    })
  }
  return found
}

/** Certificates and keys may stand where their path is expected. */
const isPemText = (value: string): boolean => value.trimStart().startsWith('-----BEGIN ')

/** Makes paths absolute, in place: they are relative to the file that they are written in. */
export function resolvePaths(root: SourceNode, directory: string): void {
  for (const { at, words } of PATHS) {
    for (const node of children(root, at)) {
      if (typeof node.value === 'string' && node.value !== '' && !words.includes(node.value) && !isPemText(node.value))
        node.value = resolve(directory, node.value)
    }
  }
}

/** Whether the secrets of one file are there. `files` are those that hold one. */
export async function checkSecrets(root: SourceNode, env: Environment): Promise<{ problems: Problem[]; files: string[] }> {
  const problems: Problem[] = []
  const files: string[] = []
  for (const file of SECRETS.flatMap((at) => children(root, [...at, 'file']))) {
    if (typeof file.value !== 'string' || file.value === '') continue
    files.push(file.value)
    const text = await readText(file.value)
    if (text instanceof Error)
      problems.push(problemAt(file.source, file.offset, `${file.value} cannot be read: ${text.message}`))
    else if (text.trim() === '') problems.push(problemAt(file.source, file.offset, `${file.value} is empty`))
  }
  for (const { value, source, offset } of SECRETS.flatMap((at) => children(root, [...at, 'env']))) {
    if (typeof value === 'string' && value !== '' && !(Object.hasOwn(env, value) && env[value]))
      problems.push(problemAt(source, offset, `the environment variable ${value} is not set`))
  }
  return { problems, files }
}
