// A reader's terminal: a folder that looks like a checkout, in which the commands of a page are run as they are written. Addresses
// that a page names are swapped for those that are free here, and back in what is printed.

import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { root } from './source-files.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

export class Terminal {
  readonly folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #swaps: (readonly [shown: string, real: string])[] = []

  constructor(t: Test, env: NodeJS.ProcessEnv = {}) {
    this.folder = t.testdir({})
    for (const name of ['config', 'node_modules', 'package.json', 'scripts', 'src']) {
      symlinkSync(join(root, name), join(this.folder, name))
    }
    const bin = join(this.folder, 'bin')
    mkdirSync(bin)
    const headgate = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'src', 'main.ts')} "$@"\n`
    writeFileSync(join(bin, 'headgate'), headgate, { mode: 0o755 })
    // An answer that refuses is a failure of the command.
    writeFileSync(join(this.folder, '.curlrc'), 'fail-with-body\n')
    this.#env = { ...process.env, HOME: this.folder, ...env, PATH: `${bin}:${process.env.PATH}` }
  }

  swap(shown: string, real: string): void {
    this.#swaps.push([shown, real])
  }

  real(text: string): string {
    return this.#swaps.reduce((changed, [shown, real]) => changed.replaceAll(shown, real), text)
  }

  /** Writes a file of the page. */
  write(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, this.real(text))
    return file
  }

  /** Runs lines of a page in one shell, which ends at the first that fails unless failures are expected. */
  run(lines: string, failures = false): Promise<Said> {
    return new Promise((resolve) =>
      execFile(
        'bash',
        [...(failures ? [] : ['-e']), '-o', 'pipefail', '-c', this.real(lines)],
        { cwd: this.folder, env: this.#env, timeout: 60_000 },
        (error, out, err) => {
          const shown = this.#swaps.reduce((changed, [shown, real]) => changed.replaceAll(real, shown), out)
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: shown, err })
        },
      ),
    )
  }
}

/** Whether what was printed is what the page shows; `…` stands for anything within a line. */
export function looksLike(printed: string, shown: string): boolean {
  const line = (text: string): string =>
    text
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
  return new RegExp(`^${shown.trimEnd().split('\n').map(line).join('\n')}$`).test(printed.replaceAll('\r\n', '\n').trimEnd())
}
