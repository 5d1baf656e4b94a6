// Request ids for requests that bring none: unique over processes and restarts, cheap, without meaning.

import { randomBytes } from 'node:crypto'

export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url')
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}
