// `npm run bench:faults`: the whole gateway on loopback while endpoints, clients and workers misbehave. Prints a table.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stopEverything } from '../load/processes.ts'
import { MAIN } from './lab.ts'
import { renderRows } from './report.ts'
import type { Row } from './row.ts'
import { SCENARIOS } from './scenarios.ts'

const USAGE = `npm run bench:faults -- [options]
  --seconds N      of each phase (3)
  --row NAME       only this one; may be given several times:
                   ${SCENARIOS.map(({ name }) => name).join(' ')}
  --md FILE, --json FILE   write the results there as well (folders must exist)`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '3' },
      row: { type: 'string', multiple: true, default: [] },
      md: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const seconds = Number(values.seconds)
  if (!(seconds >= 1)) throw new Error(`--seconds takes a number from 1 on, not "${values.seconds}"`)
  const wrong = values.row.find((name) => SCENARIOS.every((scenario) => scenario.name !== name))
  if (wrong !== undefined)
    throw new Error(`--row "${wrong}" is not known; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  if (!existsSync(MAIN)) throw new Error('dist/main.js is missing: npm run build')
  const folder = mkdtempSync(join(os.tmpdir(), 'headgate-faults-'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopEverything()
      process.exit(1)
    })
  }
  const rows: Row[] = []
  try {
    for (const { name, run } of SCENARIOS) {
      if (values.row.length > 0 && !values.row.includes(name)) continue
      console.error(`${name} …`)
      const found = await run(folder, seconds)
      for (const row of found) console.error(`  ${row.clientErrors} client errors of ${row.requests}; ${row.notes}`)
      rows.push(...found)
    }
  } finally {
    stopEverything()
    if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true })
    else console.error(`logs are in ${folder}`)
  }
  const text = renderRows(rows)
  console.log(text)
  if (values.md !== undefined) writeFileSync(values.md, text)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`bench:faults: ${(error as Error).message}`)
  process.exitCode = 1
}
