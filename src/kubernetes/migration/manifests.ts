// Kubernetes objects in texts: YAML of several documents, JSON, lists of objects; with the lines on which they stand.

import { isMap, LineCounter, parseAllDocuments } from 'yaml'

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly object: Readonly<Record<string, unknown>>
  /** As it is to be named; '' = from the cluster. */
  readonly file: string
  /** 0 = not known. */
  readonly line: number
  /** Of a value below it; that of the object where it is not there. */
  lineOf(path: readonly (string | number)[]): number
}

export interface ManifestProblem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Lists in lists are somebody's joke. */
const DEEPEST = 3

export function readManifests(file: string, text: string): { manifests: Manifest[]; problems: ManifestProblem[] } {
  const manifests: Manifest[] = []
  const problems: ManifestProblem[] = []
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines })
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors
    if (error !== undefined) {
      problems.push({ file, line: lines.linePos(error.pos[0]).line, message: error.message.split('\n')[0] as string })
      continue
    }
    const at = (path: readonly (string | number)[]): number | null => {
      const node = path.length === 0 ? document.contents : document.getIn(path, true)
      const range = (node as { range?: readonly [number, number, number] } | undefined)?.range
      return range == null ? null : lines.linePos(range[0]).line
    }
    let value: unknown
    try {
      value = document.toJS()
    } catch (error) {
      problems.push({ file, line: at([]) ?? 1, message: (error as Error).message })
      continue
    }
    if (value === null) continue
    if (!isMap(document.contents)) {
      problems.push({ file, line: at([]) ?? 1, message: 'this is not a Kubernetes object' })
      continue
    }
    collect(value, [], 0)

    function collect(found: unknown, path: readonly (string | number)[], depth: number): void {
      const object = Object(found) as Record<string, unknown>
      const { apiVersion = '', kind = '', items } = object
      const line = at(path) ?? 1
      if (typeof kind !== 'string' || typeof apiVersion !== 'string' || kind === '')
        problems.push({ file, line, message: 'this is not a Kubernetes object: it has no kind' })
      else if (Array.isArray(items) && kind.endsWith('List') && depth < DEEPEST)
        for (const [index, item] of items.entries()) collect(item, [...path, 'items', index], depth + 1)
      else
        manifests.push({
          apiVersion,
          kind,
          object,
          file,
          line,
          lineOf: (below) => at([...path, ...below]) ?? line,
        })
    }
  }
  return { manifests, problems }
}

/** What the API server sent. */
export const fromCluster = (apiVersion: string, kind: string, object: object): Manifest => ({
  apiVersion,
  kind,
  object: object as Record<string, unknown>,
  file: '',
  line: 0,
  lineOf: () => 0,
})
