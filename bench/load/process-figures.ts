// CPU time and memory of a process and all that it started, from /proc.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = readTicksPerSecond()

function readTicksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  } catch {
    return 100
  }
}

/** The numbers after the command's name in /proc/PID/stat (which may hold spaces); null when the process is gone. */
function readStat(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

/** The process and its descendants. */
export function treeOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? readStat(Number(name))?.[1] : undefined
    if (parent === undefined) continue
    const siblings = children.get(Number(parent))
    if (siblings === undefined) children.set(Number(parent), [Number(name)])
    else siblings.push(Number(name))
  }
  const tree = [pid]
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] as number) ?? []))
  return tree
}

/** User and system time of the whole tree so far, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  let ticks = 0
  for (const each of treeOf(pid)) {
    const stat = readStat(each)
    if (stat !== null) ticks += Number(stat[11]) + Number(stat[12])
  }
  return (ticks * 1e6) / ticksPerSecond
}

/** In bytes. `resident` counts what processes share once for each of them, `proportional` once in all. */
export interface Memory {
  readonly resident: number
  readonly proportional: number
}

/** Of the whole tree. */
export function memory(pid: number): Memory {
  let resident = 0
  let proportional = 0
  for (const each of treeOf(pid)) {
    try {
      const rollup = readFileSync(`/proc/${each}/smaps_rollup`, 'latin1')
      resident += readKilobytes(rollup, 'Rss')
      proportional += readKilobytes(rollup, 'Pss')
    } catch {
      // It ended meanwhile.
    }
  }
  return { resident, proportional }
}

function readKilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024
}
