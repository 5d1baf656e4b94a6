// Words for what is wrong with an Ingress.

import type { ObjectProblem } from '../translation.ts'
import type { Ending, Refusal } from './parts.ts'

/** The reasons of problems that are told here; annotations have their own. */
export type ProblemReason =
  | 'InvalidReference'
  | 'InvalidRule'
  | 'NotSupported'
  | 'Conflict'
  | 'InvalidCertificate'
  | 'CanaryWithoutMain'

export function problem(
  reason: ProblemReason,
  path: string,
  message: string,
  severity: ObjectProblem['severity'],
): ObjectProblem {
  return { reason, message: `${path}: ${message}`, path, severity }
}

export const refusal = (reason: Refusal['reason'], detail: string): Ending => ({ type: 'refusal', reason, detail })
