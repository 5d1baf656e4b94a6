// Redirects to HTTPS, and what else is said of TLS towards clients.

import { differs, exact, grave, refused, type Theme, theme } from '../entry.ts'
import { flag, text } from '../values.ts'

export const https: Theme = theme(
  'HTTPS',
  {
    'ssl-redirect': grave(exact(flag, 'hosts with TLS answer HTTP with 308 to HTTPS; on unless it says `false`', 'false')),
    'force-ssl-redirect': grave(
      exact(flag, '308 to HTTPS wherever the client did not use it, also by what a trusted proxy in front says', 'true'),
    ),
    'preserve-trailing-slash': differs(flag, 'redirects to HTTPS always keep the path as it is', 'true'),
    'use-port-in-redirects': differs(flag, 'redirects name the port where it is not the well-known one', 'true'),
    'relative-redirects': differs(flag, 'redirects to the same host are written with it', 'false'),
    'ssl-ciphers': refused(text, 'ciphers belong to the listener: `tls.ciphers`, for all hosts on it', 'HIGH:!aNULL'),
    'ssl-prefer-server-ciphers': differs(flag, 'the order of the gateway always counts', 'true'),
    'ssl-passthrough': grave(
      refused(flag, 'TLS that is passed on needs a listener of its own with `protocol: tls` in the file', 'true'),
    ),
    'http2-push-preload': refused(flag, 'nothing is pushed: browsers have given it up', 'false'),
  },
  (values, draft) => {
    if (values['ssl-redirect'] !== undefined) draft.https.redirectWhereTls = values['ssl-redirect']
    if (values['force-ssl-redirect'] !== undefined) draft.https.redirectAlways = values['force-ssl-redirect']
    for (const name of ['preserve-trailing-slash', 'ssl-prefer-server-ciphers'] as const)
      if (values[name] === true) draft.exact(name)
    for (const name of ['ssl-passthrough', 'http2-push-preload', 'use-port-in-redirects', 'relative-redirects'] as const)
      if (values[name] === false) draft.exact(name)
  },
)
