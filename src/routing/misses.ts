// Why a route does not take a request, in words: the first thing that it asks for and does not get.

import type { RequestFields } from '../model/route-table.ts'
import { isSecretField } from '../model/secret-fields.ts'
import type { Conditions, Predicate } from './predicates.ts'

/** Longest value of a request that is repeated. */
const MAX_QUOTED = 80

/** Null when all of them hold. */
export function missedCondition(conditions: Conditions, method: string, fields: RequestFields): string | null {
  const { methods, headers, cookies, query } = conditions
  if (methods !== null && !methods.includes(method)) return `method ${method} is not ${methods.join(' or ')}`
  return (
    firstMiss('header', headers, (name) => fields.header(name)) ??
    firstMiss('cookie', cookies, (name) => fields.cookie(name)) ??
    firstMiss('query parameter', query, (name) => fields.query(name))
  )
}

function firstMiss(what: string, asked: readonly Predicate[] | null, read: (name: string) => string | null): string | null {
  for (const predicate of asked ?? []) {
    const value = read(predicate.name)
    if (!predicate.holds(value)) return miss(what, predicate, value)
  }
  return null
}

function miss(what: string, { name, exact, regex, present }: Predicate, value: string | null): string {
  if (value === null) return `${what} ${name} is absent`
  if (!present) return `${what} ${name} is there`
  // What is asked for may be the very secret that protects the route.
  if (isSecretField(name) || what === 'cookie') return `${what} ${name} has another value`
  if (exact !== null) return `${what} ${name} is ${quote(value)}, not ${quote(exact)}`
  return `${what} ${name} is ${quote(value)}, which does not match ${regex?.source ?? ''}`
}

function quote(text: string): string {
  return text.length > MAX_QUOTED ? `"${text.slice(0, MAX_QUOTED)}…"` : `"${text}"`
}

/** What conditions ask for, e.g. `method GET or POST, header x-env`; '' = nothing. */
export function askedFor({ methods, headers, cookies, query }: Conditions): string {
  const named = (what: string, list: readonly Predicate[] | null): string[] =>
    (list ?? []).map(({ name, present }) => `${present ? '' : 'no '}${what} ${name}`)
  const method = methods === null ? [] : [`method ${methods.join(' or ')}`]
  return [...method, ...named('header', headers), ...named('cookie', cookies), ...named('query parameter', query)].join(', ')
}
