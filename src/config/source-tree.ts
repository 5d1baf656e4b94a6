// A configuration file as a tree that remembers where everything was written.

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLError } from 'yaml'
import type { Path, Problem } from './problem.ts'

/** One file. */
export interface Source {
  /** As it is named in problems. */
  readonly name: string
  readonly lines: LineCounter
}

type ScalarValue = string | number | boolean | null

/** One value. Aliases make several places share a node. */
export interface SourceNode {
  readonly source: Source
  /** Of the value, and of the key that it belongs to. */
  readonly offset: number
  readonly keyOffset: number
  value: ScalarValue | SourceNode[] | Map<string, SourceNode>
}

const MAX_DEPTH = 64
/** Values that one configuration may have after its aliases are followed. */
const MAX_VALUES = 5_000_000

export function problemAt(source: Source, offset: number, message: string): Problem {
  const { line, col } = source.lines.linePos(offset)
  return { file: source.name, line: Math.max(line, 1), column: Math.max(col, 1), message }
}

/** Reads YAML 1.2 or JSON; an empty file is an empty block. The root is a block, or null when there is none. */
export function readTree(name: string, text: string): { root: SourceNode | null; problems: Problem[] } {
  const source: Source = { name, lines: new LineCounter() }
  try {
    return new TreeReader(source).read(text)
  } catch (error) {
    // The library recurses: its stack is the limit that a hostile file meets first.
    const why = error instanceof RangeError ? 'it is nested too deeply' : String(error)
    return { root: null, problems: [{ file: name, line: 1, column: 1, message: `this file cannot be read: ${why}` }] }
  }
}

class TreeReader {
  readonly #source: Source
  readonly #problems: Problem[] = []
  readonly #anchors = new Map<string, SourceNode>()

  constructor(source: Source) {
    this.#source = source
  }

  read(text: string): { root: SourceNode | null; problems: Problem[] } {
    const document = parseDocument(text, {
      lineCounter: this.#source.lines,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      logLevel: 'error',
    })
    this.#syntax(text, [...document.errors, ...document.warnings])
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2')
      this.#problem(0, 'only YAML 1.2 is read')
    if (this.#problems.length > 0) return { root: null, problems: this.#problems }
    const { contents } = document
    const root = contents === null ? this.#empty(0, 0) : this.#node(contents, 0, 0)
    root.value ??= new Map()
    if (root.value instanceof Map) return { root, problems: this.#problems }
    this.#problem(root.offset, 'a configuration is a block of keys such as listeners, routes and upstreams')
    return { root: null, problems: this.#problems }
  }

  /** Of unexpected tokens only the first is told, the rest follows from it; of errors at one place the last, it says most. */
  #syntax(text: string, errors: readonly YAMLError[]): void {
    const overflow = errors.find(({ message }) => /call stack|stack overflow/i.test(message))
    const told = overflow ? [] : errors
    if (overflow) this.#problem(overflow.pos[0], 'this is nested too deeply')
    const unexpected = told.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
    for (const [index, { code, pos, message }] of told.entries()) {
      if (code === 'UNEXPECTED_TOKEN' && index !== unexpected) continue
      if (told[index + 1]?.pos[0] === pos[0]) continue
      const cutReference = text[pos[0]] === '{' && text[pos[0] - 1] === '$'
      if (code === 'MULTIPLE_DOCS') this.#problem(pos[0], 'a file is one document: a second one begins here')
      else this.#problem(pos[0], cutReference ? `\${…} between { } or [ ] must stand in quotes` : message)
    }
  }

  #problem(offset: number, message: string): void {
    this.#problems.push(problemAt(this.#source, offset, message.replaceAll('\n', ' ')))
  }

  #node(node: Node, keyOffset: number, depth: number): SourceNode {
    const offset = node.range?.[0] ?? keyOffset
    const made: SourceNode = { source: this.#source, offset, keyOffset, value: null }
    if (depth > MAX_DEPTH) this.#problem(offset, `this is nested more than ${MAX_DEPTH} deep`)
    else if (isAlias(node)) {
      // An anchor is only known once its node is finished: an alias inside its own anchor is not found.
      const anchored = this.#anchors.get(node.source)
      if (anchored) return { ...anchored, keyOffset }
      this.#problem(offset, `the alias *${node.source} refers to no anchor before it; text that begins with * stands in quotes`)
    } else if (isMap(node)) made.value = this.#map(node.items as Pair<Node, Node | null>[], depth)
    else if (isSeq(node)) {
      made.value = node.items.map((item) => this.#node(item as Node, (item as Node).range?.[0] ?? offset, depth + 1))
    } else if (isScalar(node)) made.value = node.value as ScalarValue
    if (!isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, made)
    return made
  }

  #map(pairs: readonly Pair<Node, Node | null>[], depth: number): Map<string, SourceNode> {
    const map = new Map<string, SourceNode>()
    for (const { key, value } of pairs) {
      const offset = key?.range?.[0] ?? 0
      if (!isScalar(key) || key.value === null) {
        this.#problem(offset, 'a key must be text')
        continue
      }
      const name = key.source ?? String(key.value)
      const before = map.get(name)
      if (before) {
        const { line } = this.#source.lines.linePos(before.keyOffset)
        this.#problem(offset, `the key "${name}" is written twice, first in line ${line}`)
      } else if (name === '__proto__') this.#problem(offset, 'the name "__proto__" is not allowed')
      else map.set(name, value ? this.#node(value, offset, depth + 1) : this.#empty(key.range?.[1] ?? offset, offset))
    }
    return map
  }

  #empty(offset: number, keyOffset: number): SourceNode {
    return { source: this.#source, offset, keyOffset, value: null }
  }
}

/** The tree as plain data, or null when following its aliases gives more than a configuration may hold. */
export function toPlain(root: SourceNode): unknown {
  let left = MAX_VALUES
  const convert = ({ value }: SourceNode): unknown => {
    if (--left < 0) throw new RangeError('too many values')
    if (Array.isArray(value)) return value.map(convert)
    if (!(value instanceof Map)) return value
    const block: Record<string, unknown> = {}
    for (const [key, child] of value) block[key] = convert(child)
    return block
  }
  try {
    return convert(root)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Where a path was written; what does not exist is where its nearest ancestor is. */
export function locate(root: SourceNode, path: Path, at: 'key' | 'value', message: string): Problem {
  let node = root
  let found = true
  for (const key of path) {
    const child: SourceNode | undefined =
      node.value instanceof Map ? node.value.get(String(key)) : Array.isArray(node.value) ? node.value[Number(key)] : undefined
    if (!child) {
      found = false
      break
    }
    node = child
  }
  return problemAt(node.source, found && at === 'key' ? node.keyOffset : node.offset, message)
}
