// Which endpoint is picked.

import type { HashKeyConfig } from '../../../../config/model.ts'
import { differs, exact, refused, type Theme, theme } from '../entry.ts'
import { hashKeyOf } from '../nginx-text.ts'
import { flag, integer, text, word } from '../values.ts'

const BALANCERS = {
  round_robin: { balancer: 'round-robin', words: '' },
  ewma: { balancer: 'peak-ewma', words: '' },
  least_conn: { balancer: 'least-requests', words: 'least_conn is not of ingress-nginx any more: it is `least-requests`' },
  ip_hash: {
    balancer: 'ring-hash',
    words: 'ip_hash is not of ingress-nginx any more: it is `ring-hash` by the address of the client',
  },
} as const

export const balancing: Theme = theme(
  'Balancing',
  {
    'load-balance': exact(
      word('round_robin', 'ewma', 'least_conn', 'ip_hash'),
      '`balancer` of the upstream: `round-robin`, `peak-ewma`, `least-requests`, `ring-hash`',
      'ewma',
    ),
    'upstream-hash-by': exact(
      text,
      '`ring-hash` by `$remote_addr`, `$host`, `$http_NAME`, `$cookie_NAME`, `$arg_NAME`, `$uri`, `$request_uri` (without the query); other variables, and several of them, are refused',
      '$http_x_user',
    ),
    'upstream-hash-by-subset': refused(flag, 'a key leads to one endpoint, not to several', 'false'),
    'upstream-hash-by-subset-size': differs(integer(1, 1000), 'a key leads to one endpoint, not to several', '3'),
    'service-upstream': differs(
      flag,
      'endpoints are always asked themselves: changes of a Deployment are followed without the address of the Service',
      'true',
    ),
  },
  (values, draft) => {
    const algorithm = values['load-balance']
    if (algorithm !== undefined) {
      const { balancer, words } = BALANCERS[algorithm]
      draft.upstream.balancer = balancer
      if (words !== '') draft.differs('load-balance', words)
    }
    const hashed = values['upstream-hash-by']
    if (hashed !== undefined) {
      const found = hashKeyOf(hashed)
      if (found === null)
        draft.refuse(
          'upstream-hash-by',
          `"${hashed}" is not one of the variables that can be a key; requests are balanced without one`,
        )
      else draft.upstream.balancer = { type: 'ring-hash', key: writtenKey(found.key) }
      if (found?.exact === false && hashed.includes('request_uri'))
        draft.differs('upstream-hash-by', 'the path is the key, without the query')
    }
    if (values['upstream-hash-by-subset'] === false) draft.exact('upstream-hash-by-subset')
    if (values['service-upstream'] === false) draft.exact('service-upstream')
  },
  { ofCanary: true },
)

const writtenKey = (key: HashKeyConfig) => ('name' in key ? { [key.type]: key.name } : { [key.type]: true })
