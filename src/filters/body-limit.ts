// The largest request body of a route: refused before it is forwarded when its length is known, else when it is passed.

import type { Filter } from '../model/filter.ts'
import { BODY } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import type { FilterContext } from './context.ts'

export interface BodyLimitOptions {
  readonly bytes: number
  /** `observe`: only counted. */
  readonly mode: 'enforce' | 'observe'
}

export function bodyLimit({ bytes, mode }: BodyLimitOptions, { denials }: FilterContext): Filter {
  const denied = denials('bodyLimit', mode)
  if (mode === 'observe') {
    return {
      name: 'bodyLimit',
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
        return problem('body-limit', `at most ${bytes} bytes`, x.listener.detail)
      }
      // The connection watches over what is still to come.
      if (bytes < x.maxBody) x.maxBody = bytes
      return null
    },
    onEnd(x) {
      if (x.reason === 'body-limit' && x.maxBody === bytes) denied.count++
    },
  }
}
