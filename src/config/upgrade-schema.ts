// A route's `websocket` and `upgrades`: which protocols its requests may change to.

import * as z from 'zod'
import { boolean, isToken } from './values.ts'
import { refuse, text } from './written.ts'

export const websocket = boolean()
  .prefault(true)
  .describe('WebSocket (RFC 6455; on HTTP/2 RFC 8441): its requests may become tunnels.')

/** HTTP over HTTP would bring requests that nobody has looked at past the routes. */
const HTTP = /^(?:h2c?|h3|http|https|http2-settings)(?:\/|$)/

const protocol = text(
  'the name of a protocol as it stands in Upgrade',
  (written) => {
    const name = written.toLowerCase()
    if (!name.split('/').every(isToken) || name.split('/').length > 2)
      return refuse(`"${written}" is not the name of a protocol`)
    if (HTTP.test(name)) return refuse(`${written} is never upgraded to: its requests would pass the routes unseen`)
    if (name === 'websocket') return refuse('websocket has a key of its own: websocket: true')
    return name
  },
  { title: 'protocol', pattern: '^[^/]+(/[^/]+)?$' },
)

export const upgrades = z
  .array(protocol)
  .prefault([])
  .describe('Further protocols that requests may change to by `Upgrade`, such as spdy/3.1; compared without case.')
