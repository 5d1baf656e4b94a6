// The command line of the load bench.

import { parseArgs } from 'node:util'
import { PEERS } from './peers/index.ts'
import { MEASUREMENTS, WORKS } from './works.ts'

export const USAGE = `npm run bench:load -- [options]
  --duration SECONDS   of each round (5)
  --rounds N           the table shows the median of them (5)
  --work NAME          only this one; may be given several times:
                       ${[...WORKS.map(({ name }) => name), ...MEASUREMENTS].join(' ')}
  --peer NAME          only this one; may be given several times: ${PEERS.map(({ name }) => name).join(' ')}
  --json FILE, --md FILE   write the results there as well (folders must exist)`

export interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly works: readonly string[]
  readonly peers: readonly string[]
  readonly json: string | undefined
  readonly markdown: string | undefined
}

/** Throws an Error with a message for the user; null = help was asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      duration: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '5' },
      work: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      md: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const works = [...WORKS.map(({ name }) => name), ...MEASUREMENTS]
  const peers = PEERS.map(({ name }) => name)
  const usual = PEERS.filter(({ onlyNamed }) => onlyNamed !== true).map(({ name }) => name)
  return {
    seconds: readCount('--duration', values.duration),
    rounds: readCount('--rounds', values.rounds),
    works: readNames('--work', values.work, works),
    peers: values.peer.length === 0 ? usual : readNames('--peer', values.peer, peers),
    json: values.json,
    markdown: values.md,
  }
}

function readCount(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes a whole number from 1 on, not "${text}"`)
  return value
}

/** None given = all of them. */
function readNames(option: string, given: readonly string[], known: readonly string[]): readonly string[] {
  const wrong = given.find((name) => !known.includes(name))
  if (wrong !== undefined) throw new Error(`${option} "${wrong}" is not known; there are ${known.join(', ')}`)
  return given.length === 0 ? known : given
}
