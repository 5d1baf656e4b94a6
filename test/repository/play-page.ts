// Runs the commands of a page in their order, and compares what it shows below them with what they print.

import type { Test } from 'tap'
import { blocksOf } from './pages.ts'
import { looksLike, type Terminal } from './terminal.ts'

/** Not run here: what the test starts itself, and programs that a machine may not have. */
const started = /^(npm (start|test)|headgate run) ?/
const foreign = /^(grpcurl|h2load|openssl) |\| (jq) /

/** Each command starts a program. */
export const SLOW = { timeout: 100_000 }

async function has(terminal: Terminal, program: string): Promise<boolean> {
  return (await terminal.run(`command -v ${program}`)).code === 0
}

/** Runs the blocks of a page; an output that a page shows belongs to the commands above it. */
export async function playPage(
  t: Test,
  page: string,
  terminal: Terminal,
  onFile?: (name: string, text: string) => Promise<void>,
) {
  const blocks = blocksOf(page)
  for (const [index, { language, text, line, notRun }] of blocks.entries()) {
    const [, name] = language === 'yaml' ? (/^# (\S+\.yaml)\n/.exec(text) ?? []) : []
    if (name !== undefined) await onFile?.(name, text)
    if (language !== 'sh' || notRun !== null) continue
    const lines: string[] = []
    for (const command of text.trimEnd().split('\n')) {
      const [, first, piped] = foreign.exec(command) ?? []
      const program = first ?? piped ?? ''
      if (command.startsWith('headgate run ')) await onFile?.('run', command)
      if (started.test(command) || (program !== '' && !(await has(terminal, program)))) continue
      lines.push(command)
    }
    if (lines.length === 0) continue
    const below = blocks[index + 1]
    const last = text.trimEnd().split('\n').at(-1) ?? ''
    const shown = below?.language === 'text' && !started.test(last) ? below.text : '…'
    const expected = (code: number, out: string): boolean => (shown === '…' ? code === 0 : looksLike(out, shown))
    let said = await terminal.run(lines.join('\n'), shown !== '…')
    // What workers have counted is told once a second.
    for (let i = 0; i < 20 && /9901/.test(text) && !expected(said.code, said.out); i++) {
      await new Promise((later) => setTimeout(later, 200))
      said = await terminal.run(lines.join('\n'), shown !== '…')
    }
    const { code, out, err } = said
    const right = expected(code, out + (/^\S+\.yaml:\d/.test(shown) ? err : ''))
    t.ok(right, `${page}:${line}`, right ? {} : { lines, code, out, err, shown })
  }
}
