// What the client is told when the failure of an attempt is the last word.

import type { Failure } from '../model/connection.ts'
import type { ReasonCode } from '../model/reasons.ts'

export const FAILURE: Readonly<Record<Failure, ReasonCode>> = {
  ok: 'protocol',
  'connect-failure': 'connect-failure',
  'connect-timeout': 'connect-timeout',
  reset: 'reset',
  timeout: 'attempt-timeout',
  'idle-timeout': 'idle-timeout',
  'client-idle': 'idle-timeout',
  'refused-stream': 'refused-stream',
  protocol: 'protocol',
  cancelled: 'reset',
}
