// The documents of the project, and the blocks of code in them.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchema } from '../../src/config/json-schema.ts'
import { root } from './source-files.ts'

export interface Block {
  /** From the top of the repository. */
  readonly page: string
  /** Of the first line of its text, from 1. */
  readonly line: number
  /** What stands behind the fence: `yaml`, `sh`, … */
  readonly language: string
  readonly text: string
  /** Why nobody runs it: what the comment `<!-- not run: … -->` above it says; null = somebody does. */
  readonly notRun: string | null
}

/** Every document that users read. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'src/README.md',
  ...globSync('{docs,plugins,bench}/**/*.md', { cwd: root }).filter((page) => !page.includes('node_modules')),
].sort()

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

const BLOCK = /^(?:<!-- not run: ([^\n]+) -->\n\n?)?```(\w*)[^\n]*\n(.*?)^```$/gms

export function blocksOf(page: string): readonly Block[] {
  const text = readPage(page)
  return [...text.matchAll(BLOCK)].map(({ 0: whole, 1: notRun = null, 2: language = '', 3: block = '', index }) => {
    const fence = index + whole.length - block.length - '```'.length
    return { page, line: text.slice(0, fence).split('\n').length, language, text: block, notRun }
  })
}

const KEYS = Object.keys(jsonSchema().properties ?? {})

/** Whether a block is a configuration, or a part of one: other programs' YAML has keys that we do not have. */
export function isConfiguration({ language, text }: Block): boolean {
  const keys = [...text.matchAll(/^([$\w]+):/gm)].map(([, key = '']) => key)
  return language === 'yaml' && keys.length > 0 && keys.every((key) => KEYS.includes(key))
}
