// Cross-origin requests of browsers (the Fetch standard, section 3.2): preflights are answered here, answers get the fields that let
// scripts of the configured origins read them. What an endpoint says about it is replaced.

import type { Exchange } from '../model/exchange.ts'
import { editFields, fieldValue } from '../model/field-text.ts'
import type { Filter } from '../model/filter.ts'
import type { LocalAnswer } from '../model/message.ts'
import { originTest } from './origins.ts'

export interface CorsOptions {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly credentials: boolean
  /** Milliseconds; null = the browser's own. */
  readonly maxAge: number | null
}

const REPLACED = ['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers']
const VARY = 'vary: Origin\r\n'
const TOKENS = /^[\w!#$%&'*+\-.^`|~, ]+$/

export function cors({ origins, methods, headers, exposeHeaders, credentials, maxAge }: CorsOptions): Filter {
  const allowed = originTest(origins)
  const everyone = origins.includes('*')
  const vary = everyone ? '' : VARY
  const trust = credentials ? 'access-control-allow-credentials: true\r\n' : ''
  const expose = list('access-control-expose-headers', exposeHeaders)
  const age = maxAge === null ? '' : `access-control-max-age: ${Math.floor(maxAge / 1000)}\r\n`

  const allowOrigin = (origin: string): string => `access-control-allow-origin: ${everyone ? '*' : origin}\r\n${trust}`

  /** `*` means everything only without credentials: with them what is asked for is repeated. */
  const grant = (field: string, granted: readonly string[], asked: string | null): string => {
    if (!credentials || !granted.includes('*')) return list(field, granted)
    return asked !== null && TOKENS.test(asked) ? `${field}: ${asked}\r\n` : ''
  }

  const preflight = (x: Exchange, origin: string, method: string): LocalAnswer => {
    const asked = fieldValue(x.head, 'access-control-request-headers')
    const fields = allowed(origin)
      ? allowOrigin(origin) +
        grant('access-control-allow-methods', methods, method) +
        grant('access-control-allow-headers', headers, asked) +
        expose +
        age
      : ''
    return { status: 204, fields: `${fields}${vary}`, body: '' }
  }

  return {
    name: 'cors',
    onRequest(x) {
      if (x.method !== 'OPTIONS') return null
      const origin = fieldValue(x.head, 'origin')
      const method = fieldValue(x.head, 'access-control-request-method')
      return origin === null || method === null ? null : preflight(x, origin, method)
    },
    onResponse(x, head) {
      const origin = fieldValue(x.head, 'origin')
      const lines = origin !== null && allowed(origin) ? allowOrigin(origin) + expose : ''
      const varies = vary === '' || /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(fieldValue(head.fields, 'vary') ?? '')
      head.fields = editFields(head.fields, REPLACED, lines + (varies ? '' : vary))
      return null
    },
  }
}

function list(field: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${field}: ${names.join(', ')}\r\n`
}
