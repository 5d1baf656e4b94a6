// The largest request body of a route: refused before it is forwarded when its length is known, else when it is passed.

import type { Exchange } from '../model/exchange.ts'
import type { Filter } from '../model/filter.ts'
import { BODY, type LocalAnswer } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import type { FilterContext } from './context.ts'

export interface BodyLimitOptions {
  readonly bytes: number
  /** `observe`: only counted. */
  readonly mode: 'enforce' | 'observe'
}

export function bodyLimit({ bytes, mode }: BodyLimitOptions, { denials }: FilterContext): Filter {
  const denied = denials('bodyLimit', mode)
  const refusal = (x: Exchange): LocalAnswer => problem('body-limit', `at most ${bytes} bytes`, x.listener.detail)
  if (mode === 'observe') {
    return {
      name: 'bodyLimit',
      explain: (x) => `counts bodies above ${bytes} bytes${x.bodyLength > bytes ? ', as this one' : ''}`,
      onEnd(x) {
        const seen = x.body === BODY.LENGTH ? x.bodyLength : x.bytesIn - x.head.length
        if (seen > bytes) denied.count++
      },
    }
  }
  return {
    name: 'bodyLimit',
    onRequest(x) {
      // What has come while other filters took their time counts too.
      if (x.bodyLength > bytes || x.heldBytes > bytes) {
        denied.count++
        return refusal(x)
      }
      // The connection watches over what is still to come.
      if (bytes < x.maxBody) x.maxBody = bytes
      return null
    },
    explain: (x) => (x.bodyLength > bytes ? refusal(x) : `refuses bodies above ${bytes} bytes`),
    onEnd(x) {
      if (x.reason === 'body-limit' && x.maxBody === bytes) denied.count++
    },
  }
}
