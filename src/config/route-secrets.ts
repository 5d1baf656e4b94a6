// Secrets that routes and tracing name by file or variable, filled in as text, because workers read no files.

import type { Environment } from './environment.ts'
import type { GatewayConfig, RouteConfig, SecretConfig, TracingConfig } from './model.ts'
import { type Finding, finding } from './problem.ts'
import { readText } from './read-text.ts'

export interface SecretReadings {
  readonly config: GatewayConfig
  readonly errors: readonly Finding[]
}

export async function readRouteSecrets(config: GatewayConfig, env: Environment): Promise<SecretReadings> {
  const errors: Finding[] = []
  const routes = await Promise.all(
    config.routes.map(async (route, index): Promise<RouteConfig> => {
      const { affinity } = route
      if (affinity?.type !== 'cookie' || affinity.secret === null || typeof affinity.secret === 'string') return route
      const secret = await textOf(affinity.secret, env)
      if (typeof secret === 'string') return { ...route, affinity: { ...affinity, secret } }
      errors.push(finding(['routes', index, 'affinity', 'secret'], secret.message))
      return route
    }),
  )
  const same = routes.every((route, i) => route === config.routes[i])
  const tracing = await readTracing(config.tracing, env, errors)
  return { config: same && tracing === config.tracing ? config : { ...config, routes, tracing }, errors }
}

const UNPRINTABLE = 'the value of a header field is printable ASCII here, and one line'

async function readTracing(tracing: TracingConfig | null, env: Environment, errors: Finding[]): Promise<TracingConfig | null> {
  if (tracing === null || Object.keys(tracing.otlp.headers).length === 0) return tracing
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(tracing.otlp.headers)) {
    const text = typeof value === 'string' ? value : await textOf(value, env)
    if (typeof text === 'string' && /[^\t\x20-\x7e]/.test(text))
      errors.push(finding(['tracing', 'otlp', 'headers', name], UNPRINTABLE))
    else if (typeof text === 'string') headers[name] = text
    else errors.push(finding(['tracing', 'otlp', 'headers', name], text.message))
  }
  return { ...tracing, otlp: { ...tracing.otlp, headers } }
}

/** Characters below which a secret can be found by trying. */
const LONG_ENOUGH = 16

/** Warnings. For a configuration whose secrets are read. */
export function doubtRouteSecrets({ routes }: GatewayConfig): Finding[] {
  return routes.flatMap(({ affinity }, index) => {
    const secret = affinity?.type === 'cookie' ? affinity.secret : null
    if (typeof secret !== 'string' || secret.length >= LONG_ENOUGH) return []
    const message = `this secret has less than ${LONG_ENOUGH} characters and can be guessed: openssl rand -hex 32 makes a good one`
    return [finding(['routes', index, 'affinity', 'secret'], message)]
  })
}

/** Without the line end that editors leave. */
async function textOf(secret: Exclude<SecretConfig, string>, env: Environment): Promise<string | Error> {
  if ('env' in secret) return env[secret.env] || new Error(`the environment variable ${secret.env} is not set`)
  const text = await readText(secret.file)
  if (text instanceof Error) return new Error(`${secret.file} cannot be read: ${text.message}`)
  return text.trim() === '' ? new Error(`${secret.file} is empty`) : text.trimEnd()
}
