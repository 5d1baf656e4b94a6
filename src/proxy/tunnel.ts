// Requests to change the protocol: whether their route allows it, whether they are well formed, and what changes when the endpoint
// agrees.

import { randomBytes } from 'node:crypto'
import type { Exchange } from '../model/exchange.ts'
import { editFields, fieldValue } from '../model/field-text.ts'
import { BODY, type LocalAnswer, type ResponseHead } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import { forgetHeld } from './held-body.ts'

/** RFC 6455 4.1: the base64 form of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const VERSION = '13'

/** Decides about `x.upgrade`, which is not ''. null = go on; else what the client is told. */
export function judgeUpgrade(x: Exchange, { upgrades }: RouteBinding): LocalAnswer | null {
  const { detail } = x.listener
  if (upgrades === null || !upgrades.has(x.upgrade)) {
    const protocol = x.upgrade
    x.upgrade = ''
    return x.upgradeOnly ? problem('upgrade-refused', `this route does not allow ${protocol}`, detail) : null
  }
  // What follows it would be a body to one reader and the other protocol to the next.
  if (x.body !== BODY.NONE) return problem('bad-request', 'an upgrade request must not carry a body', detail)
  if (x.upgrade !== 'websocket') return null
  if (fieldValue(x.fields, 'sec-websocket-version') !== VERSION) return otherVersion(x)
  if (x.upgradeOnly) {
    // RFC 8441 has no key; an endpoint that speaks HTTP/1.1 asks for one.
    const key = randomBytes(16).toString('base64')
    x.fields = editFields(x.fields, ['sec-websocket-key'], `sec-websocket-key: ${key}\r\n`)
  } else if (!KEY.test(fieldValue(x.fields, 'sec-websocket-key') ?? ''))
    return problem('bad-request', 'Sec-WebSocket-Key is not 16 bytes in base64', detail)
  return null
}

/** In place of a success that is no tunnel: to a client that knows nothing else it would say that there is one (RFC 9110 9.3.6). */
export function notAgreed({ listener }: Exchange): LocalAnswer {
  return problem('upgrade-refused', 'it was answered like any request', listener.detail)
}

/** RFC 6455 4.4. */
function otherVersion(x: Exchange): LocalAnswer {
  const answer = problem('websocket-version', `only version ${VERSION} is served`, x.listener.detail)
  const upgrade = x.upgradeOnly ? '' : 'connection: Upgrade\r\nupgrade: websocket\r\n'
  return { ...answer, fields: `${answer.fields}${upgrade}sec-websocket-version: ${VERSION}\r\n` }
}

/** The endpoint has agreed with `head`, or there is a connection to it where there is no HTTP. */
export function becomeTunnel(x: Exchange, head: ResponseHead): void {
  x.tunnelled = true
  x.body = BODY.TUNNEL
  x.bodyDone = false
  x.held = null
  forgetHeld(x)
  x.unrepeatable = true
  if (x.upgradeOnly) head.fields = editFields(head.fields, ['sec-websocket-accept'], '')
}
