// One of three endpoints fails in every way that the relay knows; then it is well again.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Answered, failures, percentile } from './clients.ts'
import { Lab, type LabSettings, until } from './lab.ts'
import type { Fault } from './relay.ts'
import type { Row, Scenario } from './row.ts'

interface Case {
  readonly name: string
  readonly label: string
  readonly fault: Fault
  readonly settings: Omit<LabSettings, 'folder'>
  readonly method?: string
  readonly body?: Buffer
}

const RATE = 500
/** So that a row does not wait for an ejection of ten seconds to end by itself. */
const PROBED = {
  health: { type: 'http', path: '/', interval: '500ms', timeout: '400ms', healthy: 2, unhealthy: 2 },
}
const RETRIES = { timeout: { attempt: '1s' }, retry: { attempts: 2, on: ['connect-failure', 'reset', 'timeout'] } }
const LATENCY = { ejection: { latencyFactor: 3, minimumRequests: 20 } }
const HEDGE = { hedge: { after: '50ms', max: 1 } }

const CASES: readonly Case[] = [
  { name: 'refuse', label: 'one refuses connections', fault: 'refuse', settings: {} },
  {
    name: 'refuse-post',
    label: 'the same, POST of 64 KiB',
    fault: 'refuse',
    settings: {},
    method: 'POST',
    body: Buffer.alloc(65536, 'x'),
  },
  { name: 'kill', label: 'one is killed (RST)', fault: 'kill', settings: {} },
  { name: 'kill-probed', label: 'the same, with health checks', fault: 'kill', settings: { upstream: PROBED } },
  { name: 'reset', label: 'one resets at each request', fault: 'reset', settings: {} },
  { name: 'silent', label: 'one accepts and is silent, attempt timeout 1 s', fault: 'silent', settings: { route: RETRIES } },
  {
    name: 'silent-probed',
    label: 'the same, with health checks',
    fault: 'silent',
    settings: { route: RETRIES, upstream: PROBED },
  },
  { name: 'mid-head', label: 'one closes in the middle of the head', fault: 'mid-head', settings: { route: RETRIES } },
  { name: 'mid-body', label: 'one closes in the middle of the body', fault: 'mid-body', settings: {} },
  { name: 'trickle', label: 'one sends a byte every 100 ms', fault: 'trickle', settings: { route: RETRIES } },
  { name: 'delay', label: 'one is 300 ms late', fault: 'delay', settings: {} },
  { name: 'delay-ejected', label: 'the same, latencyFactor 3', fault: 'delay', settings: { upstream: LATENCY } },
  { name: 'delay-hedged', label: 'the same, hedge after 50 ms', fault: 'delay', settings: { route: HEDGE } },
]

export const endpointFaults: readonly Scenario[] = CASES.map((each) => ({
  name: each.name,
  run: async (folder, seconds) => [await measure(each, folder, seconds)],
}))

async function measure({ label, fault, settings, method, body }: Case, folder: string, seconds: number): Promise<Row> {
  const lab = await Lab.open({ folder, ...settings })
  try {
    const [failing] = lab.relays as [Lab['relays'][number]]
    const load = lab.load(RATE, { ...(method === undefined ? {} : { method }), ...(body === undefined ? {} : { body }) })
    await sleep(seconds * 1000)
    const faultAt = performance.now()
    const sentBefore = load.sent
    const arrivedBefore = arrivals(lab)
    await failing.set(fault)
    await sleep(2 * seconds * 1000)
    const endAt = performance.now()
    const added = (arrivals(lab) - arrivedBefore) / (load.sent - sentBefore) - 1
    const duringFault = failing.arrivals.filter((at) => at > faultAt && at < endAt)
    await failing.set('none')
    const known = failing.arrivals.length
    const back = await until(() => failing.arrivals.length > known + 2, 20_000)
    const returnedMs = back ? (failing.arrivals[known] as number) - endAt : null
    await sleep(1000)
    const answers = await load.stop()
    const failed = failures(answers)
    return {
      fault: label,
      requests: answers.length,
      clientErrors: failed.length,
      movedMs: moved(duringFault, faultAt, endAt),
      returnedMs,
      addedLoad: added,
      before: spread(answers.filter(({ at }) => at < faultAt)),
      during: spread(answers.filter(({ at }) => at >= faultAt && at < endAt)),
      notes: [words(failed, faultAt), waited(answers, faultAt, endAt)].filter((text) => text !== '').join('; '),
    }
  } finally {
    await lab.close()
  }
}

const arrivals = (lab: Lab): number => lab.relays.reduce((sum, relay) => sum + relay.arrivals.length, 0)

/** Until the first half second in which at most a probe came; null = it never ended. */
function moved(at: readonly number[], from: number, to: number): number | null {
  let last = from
  for (const each of at) {
    if (each - last > 500) break
    last = each
  }
  return to - last < 500 ? null : last - from
}

export function spread(answers: readonly Answered[]): { p50: number; p99: number } {
  const ms = answers.filter(({ status }) => status > 0 && status < 500).map((answer) => answer.ms)
  return { p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) }
}

/** How the rest fared where some requests had to wait for a timeout. */
function waited(answers: readonly Answered[], from: number, to: number): string {
  const during = answers.filter(({ at, status }) => at >= from && at < to && status > 0 && status < 500)
  const late = during.filter(({ ms }) => ms >= 900)
  if (late.length === 0) return ''
  const others = spread(during.filter(({ ms }) => ms < 900))
  return `${late.length} waited for the timeout, p50 / p99 of the others ${others.p50.toFixed(1)} / ${others.p99.toFixed(1)} ms`
}

/** Kinds of failures and when the last one was. */
export function words(failed: readonly Answered[], since: number): string {
  const kinds = new Map<string, number>()
  for (const { status, error } of failed) {
    const kind = status === 0 ? error : String(status)
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  if (kinds.size === 0) return ''
  const last = Math.max(...failed.map(({ at }) => at - since))
  return `${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ')}, the last after ${Math.round(last)} ms`
}
