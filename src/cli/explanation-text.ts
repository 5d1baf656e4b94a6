// An explanation for people: a line for each fact, the decision first.

import type { ExplainRequest, Explanation, RouteOrigin } from '../model/explanation.ts'

/** Routes and endpoints that are shown; `--json` has all. */
const MAX_LINES = 20

export function explanationText({ method, url }: ExplainRequest, explanation: Explanation): string {
  const { listener, route, upstream, endpoint, considered, filters, endpoints, answer, notes } = explanation
  const lines = [`${method} ${url}`, ...fact('listener', listener), ...fact('route', route)]
  if (explanation.origin !== undefined) lines.push(...fact('from', inWords(explanation.origin)))
  lines.push(...fact('upstream', upstream))
  lines.push(...fact('endpoint', endpoint))
  if (answer !== null) {
    lines.push(...fact('answer', answer.reason === null ? String(answer.status) : `${answer.status} ${answer.reason}`))
  }
  lines.push(...section('notes', notes))
  lines.push(
    ...section(
      'routes',
      considered.map(({ route, why, origin }) => `${route}: ${why}${origin === undefined ? '' : `; from ${inWords(origin)}`}`),
    ),
  )
  lines.push(
    ...section(
      'filters',
      filters.map(({ name, effect }) => `${name}: ${effect}`),
    ),
  )
  lines.push(
    ...section(
      'endpoints',
      endpoints.map(({ address, weight, eligible, why }) => `${eligible ? '+' : '-'} ${address} weight ${weight}: ${why}`),
    ),
  )
  return `${lines.join('\n')}\n`
}

function fact(name: string, value: string | null): string[] {
  return [`  ${name.padEnd(9)} ${value ?? '-'}`]
}

/** `Ingress shop/web spec.rules[0] (web.yaml:7)`. */
function inWords({ kind, namespace, name, path, file, line }: RouteOrigin): string {
  const object = `${kind} ${namespace === '' ? name : `${namespace}/${name}`} ${path}`
  return file === undefined ? object : `${object} (${file}:${line})`
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const shown = lines.slice(0, MAX_LINES).map((line) => `  ${line}`)
  return ['', `${title}:`, ...shown, ...(lines.length > MAX_LINES ? [`  … and ${lines.length - MAX_LINES} more`] : [])]
}
