// What a route asks of requests, in a few words.

import type { MatchConfig, NamedMatchConfig, ValueMatchConfig } from '../../config/model.ts'
import { isSecretName } from '../redact.ts'

const LONGEST = 160

/** `GET, POST /users/* with header x-env = canary`. */
export function matchInWords({ path, methods, headers, query, cookies }: MatchConfig): string {
  const where =
    path === null
      ? ''
      : path.type === 'prefix'
        ? `${path.value.replace(/\/$/, '')}/*`
        : path.type === 'regex'
          ? `~ ${path.value}`
          : path.value
  const conditions = [...headers.map(named('header')), ...query.map(named('query')), ...cookies.map(named('cookie'))]
  const words = [methods.join(', '), where, conditions.length === 0 ? '' : `with ${conditions.join(' and ')}`]
  const text = words.filter((word) => word !== '').join(' ')
  if (text === '') return 'every request'
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`
}

const named =
  (kind: string) =>
  ({ name, match }: NamedMatchConfig): string =>
    `${kind} ${name} ${isSecretName(name) && match.type !== 'present' ? '= ***' : valueInWords(match)}`

function valueInWords(match: ValueMatchConfig): string {
  if (match.type === 'present') return match.value ? 'present' : 'absent'
  return `${match.type === 'exact' ? '=' : '~'} ${match.value}`
}
