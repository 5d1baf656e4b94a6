// Runs the subjects and prints a table: `node --expose-gc bench/micro/run.ts [--json] [SUBJECT…]`.

import os from 'node:os'
import filters from './filters.ts'
import type { Result, Subject } from './harness.ts'
import match from './match.ts'
import message from './message.ts'
import pick from './pick.ts'
import requestView from './request-view.ts'

const SUBJECTS: Readonly<Record<string, Subject>> = { filters, match, message, pick, 'request-view': requestView }

const asJson = process.argv.includes('--json')
const names = process.argv.slice(2).filter((argument) => argument !== '--json')
const unknown = names.filter((name) => !Object.hasOwn(SUBJECTS, name))
if (unknown.length > 0) {
  process.stderr.write(`unknown subject ${unknown.join(', ')}; there are ${Object.keys(SUBJECTS).join(', ')}\n`)
  process.exit(2)
}

const results: Result[] = []
if (!asJson)
  process.stdout.write(
    `| ${os.cpus()[0]?.model ?? process.arch}, Node ${process.versions.node} | ns/op | bytes/op |\n| --- | ---: | ---: |\n`,
  )
for (const [name, subject] of Object.entries(SUBJECTS)) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const result of subject()) {
    results.push(result)
    if (!asJson)
      process.stdout.write(
        `| ${result.name} | ${number(result.nsPerOp)} | ${result.bytesPerOp === null ? '' : number(result.bytesPerOp)} |\n`,
      )
  }
}
if (asJson)
  process.stdout.write(`${JSON.stringify({ node: process.versions.node, cpu: os.cpus()[0]?.model, results }, null, 2)}\n`)

/** Three significant digits below a hundred, none of a fraction above. */
function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1)
}
