// Requests of scripts of other origins, with the defaults of ingress-nginx.

import { corsSchema } from '../../../../config/filters/cors-schema.ts'
import { differs, exact, type Theme, theme } from '../entry.ts'
import { flag, integer, list, type Reader, text, token, wrong } from '../values.ts'

const DEFAULT_METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']
const DEFAULT_HEADERS = [
  'DNT',
  'Keep-Alive',
  'User-Agent',
  'X-Requested-With',
  'If-Modified-Since',
  'Cache-Control',
  'Content-Type',
  'Range',
  'Authorization',
]

const origins: Reader<readonly string[]> = (written) => {
  const read = list(text)(written)
  if (!Array.isArray(read)) return read
  return corsSchema.safeParse({ origins: read }).success
    ? read
    : wrong('origins such as https://app.example or https://*.example.org, or *')
}

export const cors: Theme = theme(
  'CORS',
  {
    'enable-cors': differs(
      flag,
      'filter `cors`: OPTIONS that is no preflight goes to an endpoint, and what endpoints say about it themselves is replaced',
      'true',
    ),
    'cors-allow-origin': exact(origins, '`origins`; `*` where it is not given', 'https://app.example'),
    'cors-allow-methods': exact(list(token), '`methods`', 'GET, POST'),
    'cors-allow-headers': exact(list(token), '`headers`', 'Content-Type, X-App'),
    'cors-expose-headers': exact(list(token), '`exposeHeaders`', 'X-Total'),
    'cors-allow-credentials': differs(
      flag,
      '`credentials`, on unless it says `false`; never with the origin `*`, to which browsers do not give them either',
      'false',
    ),
    'cors-max-age': exact(integer(0, 2_147_483, 'seconds'), '`maxAge`; 20 days where it is not given', '600'),
  },
  (values, draft) => {
    if (values['enable-cors'] !== true) {
      for (const name of Object.keys(values))
        draft.settle(name, 'exact', name === 'enable-cors' ? '' : 'nothing without enable-cors')
      return
    }
    // Nobody else's origin is let in because one could not be read.
    const bad = [...draft.wrong].find((name) => name.startsWith('cors-'))
    if (bad !== undefined) return draft.refuse('enable-cors', `without ${bad}, which is wrong, none is allowed`)
    const from = values['cors-allow-origin'] ?? ['*']
    const credentials = (values['cors-allow-credentials'] ?? true) && !from.includes('*')
    const written = {
      origins: from,
      methods: (values['cors-allow-methods'] ?? DEFAULT_METHODS).map((each) => each.toUpperCase()),
      headers: values['cors-allow-headers'] ?? DEFAULT_HEADERS,
      exposeHeaders: (values['cors-expose-headers'] ?? []).filter((name) => !credentials || name !== '*'),
      credentials,
      maxAge: `${values['cors-max-age'] ?? 1_728_000}s`,
    }
    const read = corsSchema.safeParse(written)
    if (read.success) draft.filter({ cors: written })
    else draft.refuse('enable-cors', read.error.issues.map(({ message }) => message).join('; '), 'InvalidAnnotation')
    if (values['cors-allow-credentials'] === credentials) draft.exact('cors-allow-credentials')
  },
)
