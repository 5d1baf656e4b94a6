// `npm run bench:load`: the whole gateway beside its peers, same machine, same run, interleaved rounds.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { measureIdleConnections } from './idle-connections.ts'
import { load, loadKind, type Seen } from './load.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { startOrigin } from './origin.ts'
import { PEERS, REFERENCE } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { cpuMicroseconds, memory } from './process-figures.ts'
import { PROXY_CORE, type Running, start, stop, stopEverything, waitUntilAnswers } from './processes.ts'
import { renderMarkdown } from './report.ts'
import type { LoadFigures, PeerResults, Results } from './results.ts'
import { measureSlowReader } from './slow-reader.ts'
import { measureStart, median } from './start-time.ts'
import { WORKS, type Work } from './works.ts'

const WARM_UP_SECONDS = 3

interface Started {
  readonly peer: Peer
  readonly port: number
  readonly running: Running
}

interface Round extends Seen {
  readonly cpu: number
  readonly resident: number
}

const say = (line: string) => console.error(line)

async function startPeer(peer: Peer, folder: string, originPort: number): Promise<Started> {
  const port = await freePort()
  const running = start(peer.name, folder, PROXY_CORE, peer.command(folder, port, originPort))
  await waitUntilAnswers(running, port, '/1k')
  return { peer, port, running }
}

async function runRound({ port, running }: Started, work: Work, seconds: number): Promise<Round> {
  const before = cpuMicroseconds(running.pid)
  const seen = await load(port, work, seconds)
  return { ...seen, cpu: (cpuMicroseconds(running.pid) - before) / seen.requests, resident: memory(running.pid).resident }
}

function summarise(work: Work, rounds: readonly Round[]): LoadFigures {
  const of = (read: (round: Round) => number) => median(rounds.map(read))
  const cpus = rounds.map((round) => round.cpu)
  return {
    work: work.name,
    rounds: rounds.length,
    cpuMicrosecondsPerRequest: of((round) => round.cpu),
    cpuRange: [Math.min(...cpus), Math.max(...cpus)],
    requestsPerSecond: of((round) => (round.requests * 1e6) / round.microseconds),
    p50Microseconds: of((round) => round.p50),
    p99Microseconds: of((round) => round.p99),
    residentBytes: of((round) => round.resident),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
  }
}

/** All proxies run, one is loaded at a time; every round visits all of them, so that a noisy minute hits all alike. */
async function runWorks(
  peers: readonly Peer[],
  options: Options,
  folder: string,
  originPort: number,
  results: readonly PeerResults[],
): Promise<void> {
  const works = WORKS.filter(({ name }) => options.works.includes(name))
  if (works.length === 0) return
  const started: Started[] = []
  for (const peer of peers) started.push(await startPeer(peer, folder, originPort))
  for (const work of works) {
    say(`${work.label}: warming up`)
    for (const each of started) await load(each.port, work, WARM_UP_SECONDS)
    const rounds = started.map((): Round[] => [])
    for (let i = 0; i < options.rounds; i++) {
      for (const [index, each] of started.entries()) {
        const round = await runRound(each, work, options.seconds)
        rounds[index]?.push(round)
        say(
          `  round ${i + 1}/${options.rounds}  ${each.peer.name.padEnd(14)} ${round.cpu.toFixed(1).padStart(7)} µs per request`,
        )
      }
    }
    for (const [index, each] of rounds.entries()) results[index]?.load.push(summarise(work, each))
  }
  for (const { running } of started) await stop(running)
}

/** Memory and start-up: each with a fresh process, one proxy after the other. */
async function runMeasurements(
  peer: Peer,
  options: Options,
  folder: string,
  originPort: number,
  results: PeerResults,
): Promise<void> {
  const wants = (name: string) => options.works.includes(name)
  if (wants('start') || wants('rest')) {
    say(`start and memory at rest: ${peer.name}`)
    const figures = await measureStart(peer, folder, originPort)
    results.startMilliseconds = figures.milliseconds
    results.atRest = figures.atRest
  }
  if (wants('idle')) {
    say(`idle connections: ${peer.name}`)
    const { port, running } = await startPeer(peer, folder, originPort)
    results.idle = await measureIdleConnections(running.pid, port)
    await stop(running)
  }
  if (wants('slow') && peer.streams) {
    say(`slow readers of 1 GiB bodies: ${peer.name}`)
    const { port, running } = await startPeer(peer, folder, originPort)
    results.slowReader = await measureSlowReader(running.pid, port)
    await stop(running)
  }
}

async function run(options: Options, folder: string): Promise<Results> {
  const wanted = PEERS.filter(({ name }) => options.peers.includes(name))
  const skipped = wanted.flatMap((peer) => peer.missing() ?? [])
  for (const reason of skipped) say(`skipped: ${reason}`)
  const peers = wanted.filter((peer) => peer.missing() === null)
  const origin = await startOrigin(folder)
  const results = peers.map(
    (peer): PeerResults => ({
      name: peer.name,
      version: peer.version(),
      load: [],
      startMilliseconds: null,
      atRest: null,
      idle: null,
      slowReader: null,
    }),
  )
  await runWorks(peers, options, folder, origin.port, results)
  for (const [index, peer] of peers.entries())
    await runMeasurements(peer, options, folder, origin.port, results[index] as PeerResults)
  await stop(origin.process)
  const cpus = os.cpus()
  return {
    machine: { cpu: cpus[0]?.model.trim() ?? '?', cores: cpus.length, kernel: os.release(), node: process.versions.node },
    seconds: options.seconds,
    origin: origin.kind,
    load: loadKind,
    reference: REFERENCE,
    skipped,
    peers: results,
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    console.log(USAGE)
    return 0
  }
  const folder = mkdtempSync(join(os.tmpdir(), 'headgate-bench-'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopEverything()
      rmSync(folder, { recursive: true, force: true })
      process.exit(1)
    })
  }
  let failed = true
  try {
    const results = await run(options, folder)
    const markdown = renderMarkdown(results)
    console.log(markdown)
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
    if (options.markdown !== undefined) writeFileSync(options.markdown, markdown)
    failed = false
  } finally {
    stopEverything()
    if (failed) say(`the logs are in ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`bench:load: ${(error as Error).message}`)
  process.exitCode = 1
}
