// Turns tap's output into one line per test file, the failures in full, and the counts of the whole run.

/** Of a whole run, as tap itself counted. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Fed with the lines of a TAP stream; `say` gets the lines worth reading. */
export class TapReport {
  /** null until tap has written its closing summary. */
  counts: Counts | null = null
  /** Test files that ended, well or not. */
  files = 0
  private block: string[] = []
  private readonly say: (line: string) => void

  constructor(say: (line: string) => void) {
    this.say = say
  }

  line(line: string): void {
    const summary = /^# \{ (.+) \}$/.exec(line)
    if (summary !== null) {
      this.counts = readCounts(summary[1] as string)
      return
    }
    if (/^(not )?ok \d+/.test(line)) {
      this.endOfFile(line)
      return
    }
    if (/^Bail out!/.test(line)) this.say(line)
    this.block.push(line)
  }

  private endOfFile(line: string): void {
    this.files++
    const failed = line.startsWith('not ok')
    if (failed) for (const kept of failuresOf(this.block)) this.say(kept)
    this.block = []
    this.say(line.replace(/^(not )?ok \d+ - /, (_, not) => (not ? 'FAILED  ' : 'ok      ')).replace(' # time=', '  '))
  }

  /** Call at the end of the stream: what followed the last file (the reason of a crash, say) is kept. */
  end(): void {
    for (const kept of failuresOf(this.block)) this.say(kept)
    this.block = []
  }
}

/** tap leaves out what is zero: `total: 3, pass: 2, fail: 1`. */
function readCounts(text: string): Counts {
  const values = new Map(text.split(', ').map((pair) => pair.split(': ') as [string, string]))
  const count = (name: string) => Number(values.get(name) ?? 0)
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') }
}

/** The lines of a block that explain a failure: subtests that hold one, the failed assertions, their diagnostics. */
function failuresOf(block: readonly string[]): string[] {
  const kept: string[] = []
  let diagnostics = ''
  for (const line of block) {
    const indent = /^ */.exec(line)?.[0] ?? ''
    if (diagnostics !== '') {
      kept.push(line)
      if (line === diagnostics) diagnostics = ''
      continue
    }
    if (/^\s*not ok/.test(line)) kept.push(line)
    else if (/^\s*---$/.test(line) && /^\s*not ok/.test(kept.at(-1) ?? '')) {
      kept.push(line)
      diagnostics = `${indent}...`
    }
  }
  return kept
}
