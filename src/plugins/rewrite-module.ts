// An ES module as the body of a function. Modules that `import()` has loaded are never freed; functions are, when nothing refers to
// them any more, which is what lets an old version of a plugin go. Lines stay where they are, so that stack traces are right.

import { stripTypeScriptTypes } from 'node:module'
import { type ImportDeclaration, type ModuleDeclaration, type Node, type Program, parse } from 'acorn'
import { isLocal } from './bundle-format.ts'
import { PluginProblem } from './problem.ts'

export interface AskedImport {
  readonly specifier: string
  readonly attributes: Readonly<Record<string, string>>
  readonly line: number
  readonly column: number
  readonly names: readonly { readonly name: string; readonly line: number }[]
}

export interface RewrittenModule {
  readonly code: string
  readonly offset: number
  readonly imports: readonly AskedImport[]
}

/** As long as `export default`, so that what follows stays in its column. */
const DEFAULT = 'const __dflt ='

export function rewriteModule(file: string, kind: 'typescript' | 'javascript' | 'json', text: string): RewrittenModule {
  if (kind === 'json') return json(file, text)
  return new ModuleRewriter(file, kind === 'typescript' ? stripTypes(file, text) : text).rewrite()
}

function json(file: string, text: string): RewrittenModule {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new PluginProblem(file, 0, 0, `not JSON: ${(error as Error).message}`)
  }
  const value = `const __dflt=JSON.parse(${JSON.stringify(text)});`
  return { code: `${prologue('default:()=>__dflt', value)}\n})()`, offset: 0, imports: [] }
}

function stripTypes(file: string, text: string): string {
  // Node says once that this is experimental; an operator cannot do anything about it.
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text)
  } catch (error) {
    const { message, stack = '' } = error as Error
    throw new PluginProblem(file, ...whereTypesFail(stack), `SyntaxError: ${message}`)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Node shows the place in front of the stack: `:line`, the text up to there, a line with `^` under it. */
function whereTypesFail(stack: string): [line: number, column: number] {
  const shown = /^[^\n]*?:(\d+)\n(?:[^\n]*\n)*?( *)\^+\n/.exec(stack)
  return shown === null ? [0, 0] : [Number(shown[1]), (shown[2] as string).length + 1]
}

function prologue(getters: string, bindings: string): string {
  return `"use strict";return(async()=>{__export({${getters}});${bindings}`
}

class ModuleRewriter {
  readonly #file: string
  readonly #text: string
  readonly #edits: { readonly from: number; readonly to: number; readonly by: string }[] = []
  readonly #imports: AskedImport[] = []
  readonly #getters: string[] = []
  readonly #bindings: string[] = []

  constructor(file: string, text: string) {
    this.#file = file
    this.#text = text.startsWith('#!') ? `//${text.slice(2)}` : text
  }

  rewrite(): RewrittenModule {
    const program = this.#parse()
    for (const node of program.body) this.#statement(node as ModuleDeclaration)
    this.#walk(program)
    const head = prologue(this.#getters.join(), this.#bindings.join(''))
    return { code: `${head}${this.#edited()}\n})()`, offset: head.length, imports: this.#imports }
  }

  #parse(): Program {
    try {
      return parse(this.#text, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
    } catch (error) {
      const { loc, message } = error as Error & { loc?: { line: number; column: number } }
      const text = `SyntaxError: ${message.replace(/ \(\d+:\d+\)$/, '')}`
      throw new PluginProblem(this.#file, loc?.line ?? 0, (loc?.column ?? 0) + 1, text)
    }
  }

  #statement(node: ModuleDeclaration): void {
    switch (node.type) {
      case 'ImportDeclaration': {
        const at = this.#ask(node, node.source.value as string, node.attributes)
        this.#bind(node, at)
        this.#blank(node.start, node.end)
        return
      }
      case 'ExportAllDeclaration': {
        const at = this.#ask(node, node.source.value as string, node.attributes)
        if (!node.exported) this.#getters.push(`...__import(${at}).all()`)
        else this.#getters.push(`${quoted(node.exported)}:()=>__import(${at}).namespace`)
        this.#blank(node.start, node.end)
        return
      }
      case 'ExportDefaultDeclaration': {
        const { declaration } = node
        const id = 'id' in declaration && /Declaration$/.test(declaration.type) ? declaration.id : null
        this.#getters.push(`default:()=>${id?.name ?? '__dflt'}`)
        const gap = this.#text.slice(node.start + DEFAULT.length, declaration.start)
        this.#replace(node.start, declaration.start, (id === null ? DEFAULT : ' '.repeat(DEFAULT.length)) + blank(gap))
        return
      }
      case 'ExportNamedDeclaration': {
        const { declaration, source } = node
        if (declaration) {
          if (declaration.type === 'VariableDeclaration' && (declaration.kind === 'let' || declaration.kind === 'var')) {
            const why = `export ${declaration.kind}: who imports it would not see it change; export a const or a function`
            throw this.#problem(node, why)
          }
          for (const name of declaredNames(declaration)) this.#getters.push(`${name}:()=>${name}`)
          this.#blank(node.start, declaration.start)
          return
        }
        const at = source ? this.#ask(node, source.value as string, node.attributes) : -1
        for (const { local, exported } of node.specifiers as readonly { local: NameNode; exported: NameNode }[]) {
          if (at === -1) this.#getters.push(`${quoted(exported)}:()=>${nameOf(local)}`)
          else {
            this.#needs(at, nameOf(local), node)
            this.#getters.push(`${quoted(exported)}:()=>__import(${at}).namespace[${JSON.stringify(nameOf(local))}]`)
          }
        }
        this.#blank(node.start, node.end)
      }
    }
  }

  #ask(node: Node, specifier: string, attributes: ImportDeclaration['attributes']): number {
    const pairs = attributes.map(({ key, value }) => [nameOf(key as never), String(value.value)])
    const { line, column } = startOf(node)
    return this.#imports.push({ specifier, attributes: Object.fromEntries(pairs), line, column: column + 1, names: [] }) - 1
  }

  #needs(at: number, name: string, node: Node): void {
    const names = this.#imports[at]?.names as { name: string; line: number }[]
    names.push({ name, line: startOf(node).line })
  }

  #bind(node: ImportDeclaration, at: number): void {
    const parts: string[] = []
    for (const specifier of node.specifiers) {
      const local = specifier.local.name
      if (specifier.type === 'ImportNamespaceSpecifier') {
        this.#bindings.push(`const ${local}=__import(${at}).namespace;`)
        continue
      }
      const name = specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported)
      this.#needs(at, name, specifier)
      parts.push(`${JSON.stringify(name)}:${local}`)
    }
    if (parts.length > 0) this.#bindings.push(`const{${parts.join()}}=__import(${at}).namespace;`)
  }

  /** `import.meta`, and `import()` of the plugin's own files, which would never be freed. */
  #walk(node: unknown): void {
    if (Array.isArray(node)) {
      for (const item of node) this.#walk(item)
      return
    }
    if (node === null || typeof node !== 'object') return
    const { type, start, end } = node as Node
    if (type === 'MetaProperty' && (node as unknown as { meta: { name: string } }).meta.name === 'import')
      this.#replace(start, end, '__meta'.padEnd(end - start))
    if (type === 'ImportExpression') {
      this.#replace(start, start + 'import'.length, '__load')
      const { source } = node as unknown as { source: { value?: unknown } }
      if (typeof source.value === 'string' && isLocal(source.value))
        throw this.#problem(node as Node, `import("${source.value}"): import the plugin's own files by import statements`)
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'loc') this.#walk(child)
  }

  #blank(from: number, to: number): void {
    this.#replace(from, to, blank(this.#text.slice(from, to)))
  }

  #replace(from: number, to: number, by: string): void {
    this.#edits.push({ from, to, by })
  }

  #edited(): string {
    let out = ''
    let at = 0
    for (const { from, to, by } of this.#edits.sort((a, b) => a.from - b.from)) {
      out += this.#text.slice(at, from) + by
      at = to
    }
    return out + this.#text.slice(at)
  }

  #problem(node: Node, message: string): PluginProblem {
    const { line, column } = startOf(node)
    return new PluginProblem(this.#file, line, column + 1, message)
  }
}

const blank = (text: string): string => text.replace(/[^\r\n\u2028\u2029]/g, ' ')

const startOf = (node: Node): { readonly line: number; readonly column: number } => node.loc?.start ?? { line: 0, column: 0 }

type NameNode = { readonly name: string } | { readonly value?: unknown }

const nameOf = (node: NameNode): string => ('name' in node ? node.name : String(node.value))
const quoted = (node: NameNode): string => JSON.stringify(nameOf(node))

interface Pattern {
  readonly type: string
  readonly id?: Pattern
  readonly name?: string
  readonly declarations?: readonly { readonly id: Pattern }[]
  readonly properties?: readonly { readonly value?: Pattern; readonly argument?: Pattern }[]
  readonly elements?: readonly (Pattern | null)[]
  readonly left?: Pattern
  readonly argument?: Pattern
}

/** The names that a declaration or a pattern brings. */
function declaredNames(node: unknown): string[] {
  const { type, id, name, declarations, properties, elements, left, argument } = node as Pattern
  if (type === 'Identifier') return [name as string]
  if (declarations) return declarations.flatMap((declaration) => declaredNames(declaration.id))
  if (properties) return properties.flatMap((property) => declaredNames(property.value ?? property.argument))
  if (elements) return elements.flatMap((element) => (element === null ? [] : declaredNames(element)))
  return declaredNames(left ?? argument ?? id)
}
