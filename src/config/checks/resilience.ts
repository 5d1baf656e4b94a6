// Warnings about what is written for bad days and can never take effect.

import type { GatewayConfig, RouteConfig, UpstreamConfig } from '../model.ts'
import { type Finding, finding, type Path } from '../problem.ts'

export function doubtResilience({ routes, upstreams }: GatewayConfig): Finding[] {
  return [
    ...routes.flatMap((route, index) => doubtRoute(route, ['routes', index])),
    ...Object.entries(upstreams).flatMap(([name, upstream]) => doubtUpstream(upstream, ['upstreams', name])),
  ]
}

function doubtRoute({ retry, hedge, mirror, to, timeout: { request, attempt } }: RouteConfig, at: Path): Finding[] {
  const found: Finding[] = []
  const doubt = (message: string, ...keys: readonly (string | number)[]) => found.push(finding([...at, ...keys], message))
  if (retry !== null && retry.attempts > 0) {
    const { base, max } = retry.backoff
    if (base > max) doubt(`base ${inWords(base)} is above max ${inWords(max)}: every pause is max at most`, 'retry', 'backoff')
    if (retry.on.length === 0) doubt('nothing is tried again: `attempts: 0` says so', 'retry', 'on')
    for (const [i, method] of retry.methods.entries())
      if (method !== method.toUpperCase() && KNOWN.has(method.toUpperCase()))
        doubt(`methods are written in capitals: no request has the method "${method}"`, 'retry', 'methods', i)
  }
  if (hedge !== null) {
    const shorter = [request, attempt].filter((limit) => limit !== null && limit <= hedge.after)
    if (shorter.length > 0)
      doubt(
        `no second endpoint is ever asked: timeout ends the wait after ${inWords(Math.min(...(shorter as number[])))}`,
        'hedge',
        'after',
      )
  }
  if (mirror.some(({ upstream, share }) => share > 0 && to.some((each) => each.upstream === upstream)))
    doubt('the copies go where the requests go: each of them is sent there twice', 'mirror')
  return found
}

function doubtUpstream({ ejection, breaker }: UpstreamConfig, at: Path): Finding[] {
  const found: Finding[] = []
  if (ejection !== null) {
    const { baseTime, maxTime, on } = ejection
    if (baseTime > maxTime) {
      const message = `baseTime ${inWords(baseTime)} is above maxTime ${inWords(maxTime)}: every ejection takes maxTime`
      found.push(finding([...at, 'ejection'], message, 'key'))
    }
    if (on.length === 0)
      found.push(
        finding(
          [...at, 'ejection', 'on'],
          `nothing counts as an error${breaker === null ? '' : ', so the breaker never opens either'}: \`ejection: off\` says so`,
        ),
      )
  }
  return found
}

const KNOWN: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'])

function inWords(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
