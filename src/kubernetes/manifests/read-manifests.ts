// Objects of Kubernetes as they stand in files, with the lines on which their parts stand.

import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import type { Problem } from '../../config/problem.ts'
import type { RawObject } from '../resource.ts'

/** Keys where one of them may hold a point. */
type Path = string | readonly (string | number)[]

export interface ManifestFile {
  /** As it is to be named. */
  readonly name: string
  /** YAML, any number of documents, or JSON. */
  readonly text: string
}

export interface Manifest {
  readonly kind: string
  /** '' = the core group. */
  readonly group: string
  readonly version: string
  /** Has a name where `isNamed` says so. */
  readonly raw: RawObject
  /** '' = it is in none. */
  readonly file: string
  /** Of `spec.rules[0].http.paths[1]`, of an annotation, of keys, or of as much of it as there is; of no keys that of the object. From 1; 0 = in no file. */
  line(path: Path): number
}

export interface Manifests {
  readonly manifests: readonly Manifest[]
  readonly problems: readonly Problem[]
}

/** Objects that are about to be made may have none. */
export const isNamed = ({ raw }: Pick<Manifest, 'raw'>): boolean => {
  const name: unknown = Object(Object(raw).metadata).name
  return typeof name === 'string' && name !== ''
}

const MOST_OBJECTS = 100_000
/** Lists in lists. */
const DEEPEST = 8

/** Lists are what is in them. Never throws. */
export function readManifests(files: readonly ManifestFile[]): Manifests {
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  for (const file of files) readFile(file, manifests, problems)
  return { manifests, problems }
}

function readFile({ name, text }: ManifestFile, manifests: Manifest[], problems: Problem[]): void {
  const lines = new LineCounter()
  const at = (offset: number): { file: string; line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { file: name, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let documents: readonly Document[]
  try {
    documents = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2', logLevel: 'error' })]
  } catch (error) {
    problems.push({ ...at(0), message: `this file cannot be read: ${(error as Error).message}` })
    return
  }
  const take = (node: unknown, document: Document, depth = 0): void => {
    if (manifests.length >= MOST_OBJECTS || !isNode(node) || (isScalar(node) && node.value === null)) return
    const offset = node.range?.[0] ?? 0
    const read = readObject(node, document)
    if (typeof read === 'string') {
      problems.push({ ...at(offset), message: read })
      return
    }
    const { kind, apiVersion, items, ...rest } = read
    if (items !== null) {
      if (depth < DEEPEST) for (const item of items) take(item, document, depth + 1)
      return
    }
    const slash = apiVersion.indexOf('/')
    manifests.push({
      kind,
      group: slash < 0 ? '' : apiVersion.slice(0, slash),
      version: apiVersion.slice(slash + 1),
      raw: rest.raw,
      file: name,
      line: (path) => at(offsetOf(node, path) ?? offset).line,
    })
  }
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) problems.push({ ...at(error.pos[0]), message: error.message })
    else take(document.contents, document)
  }
}

interface Read {
  readonly kind: string
  readonly apiVersion: string
  readonly raw: RawObject
  /** Of a list; null = it is none. */
  readonly items: readonly unknown[] | null
}

/** A text is why it is none. */
function readObject(node: Node, document: Document): Read | string {
  if (!isMap(node)) return 'this is not an object of Kubernetes'
  let raw: unknown
  try {
    raw = node.toJS(document, { maxAliasCount: 100 })
  } catch (error) {
    return `this cannot be read: ${(error as Error).message}`
  }
  const { kind, apiVersion } = Object(raw) as { kind?: unknown; apiVersion?: unknown }
  if (typeof kind !== 'string' || typeof apiVersion !== 'string')
    return 'this is not an object of Kubernetes: it has no kind and apiVersion'
  const items = kind.endsWith('List') ? node.get('items') : null
  return { kind, apiVersion, raw: raw as RawObject, items: isSeq(items) ? items.items : null }
}

/** The key of a block, or the item of a list; of the innermost part that there is. */
function offsetOf(root: Node, path: Path): number | null {
  if (typeof path !== 'string') return walk(root, path)
  return walk(root, keysOf(path)) ?? walk(root, ['metadata', 'annotations', path]) ?? walk(root, ['spec'])
}

/** null = not even the first key is there. */
function walk(root: Node, keys: readonly (string | number)[]): number | null {
  let node: unknown = root
  let offset: number | null = null
  for (const [depth, key] of keys.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isPair(each) && isScalar(each.key) && each.key.value === key)
      if (pair === undefined) return depth === 0 || keys[0] === 'metadata' ? null : offset
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(key)]
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

/** `spec.rules[0].http` → spec, rules, 0, http. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key as string) : Number(index),
  )
}
