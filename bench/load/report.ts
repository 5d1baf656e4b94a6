// The results as Markdown: per work a row for each proxy, with the ratio to the reference; then memory and start-up.

import type { LoadFigures, PeerResults, Results } from './results.ts'
import { WORKS } from './works.ts'

export function renderMarkdown(results: Results): string {
  const { machine } = results
  const conditions =
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; proxy pinned to one core, ` +
    `clients (${results.load}) and endpoint (${results.origin}) on another; 64 keep-alive connections, ${results.seconds} s per round, median of the rounds.`
  const works = WORKS.filter(({ name }) => results.peers.some((peer) => peer.load.some((figures) => figures.work === name)))
  return [
    conditions,
    ...works.map(({ name, label }) => renderWork(results, name, label)),
    renderMemory(results),
    ...results.skipped.map((reason) => `Skipped: ${reason}.`),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

function renderWork(results: Results, work: string, label: string): string {
  const reference = results.peers.find((peer) => peer.name === results.reference)?.load.find((figures) => figures.work === work)
  const rows = results.peers.flatMap((peer) => {
    const figures = peer.load.find((each) => each.work === work)
    return figures === undefined ? [] : [loadRow(peer, figures, reference, results.reference)]
  })
  return table(
    [
      label,
      'CPU µs per request',
      `ratio to ${results.reference}`,
      'range of rounds',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'resident MiB',
      'errors',
    ],
    rows,
  )
}

function loadRow(peer: PeerResults, figures: LoadFigures, reference: LoadFigures | undefined, referenceName: string): string[] {
  const { cpuMicrosecondsPerRequest: cpu, cpuRange } = figures
  const ratio =
    reference === undefined || peer.name === referenceName ? '' : (cpu / reference.cpuMicrosecondsPerRequest).toFixed(2)
  return [
    `${peer.name} ${peer.version}`,
    cpu.toFixed(1),
    ratio,
    `${cpuRange[0].toFixed(1)}-${cpuRange[1].toFixed(1)}`,
    figures.requestsPerSecond.toFixed(0),
    (figures.p50Microseconds / 1000).toFixed(2),
    (figures.p99Microseconds / 1000).toFixed(2),
    mebibytes(figures.residentBytes),
    String(figures.errors),
  ]
}

function renderMemory(results: Results): string {
  const measured = results.peers.filter(
    (peer) => peer.startMilliseconds !== null || peer.idle !== null || peer.slowReader !== null,
  )
  if (measured.length === 0) return ''
  const rows = measured.map((peer) => [
    `${peer.name} ${peer.version}`,
    peer.startMilliseconds?.toFixed(0) ?? '',
    peer.atRest === null ? '' : mebibytes(peer.atRest.resident),
    peer.atRest === null ? '' : mebibytes(peer.atRest.proportional),
    peer.idle === null ? '' : (peer.idle.bytesPerConnection / 1024).toFixed(1),
    peer.slowReader === null ? '' : (peer.slowReader.bytesPerStream / 1024).toFixed(0),
  ])
  return table(
    [
      'memory and start',
      'start to first answer ms',
      'at rest, resident MiB',
      'at rest, shared once MiB',
      'idle connection KiB',
      'slow reader KiB per stream',
    ],
    rows,
  )
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
