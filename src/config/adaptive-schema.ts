// `adaptive` of an upstream: a limit of running requests that is found by how long answers take.

import * as z from 'zod'
import { integer } from './values.ts'
import { block, offOr } from './written.ts'

const adaptiveBlock = block({
  minLimit: integer(1, 1_000_000).prefault(10).describe('It never falls below; all workers together.'),
  maxLimit: integer(1, 1_000_000).prefault(1000).describe('It never rises above; all workers together.'),
}).superRefine(({ minLimit, maxLimit }, context) => {
  if (minLimit > maxLimit)
    context.addIssue({
      code: 'custom',
      path: ['maxLimit'],
      message: `maxLimit ${maxLimit} is below minLimit ${minLimit}`,
      input: maxLimit,
    })
})

export const adaptive = z
  .union([offOr('{ minLimit: 10 }'), adaptiveBlock])
  .prefault('off')
  .describe('Requests that run at a time, found by how long answers take; above: wait, at most half as many as may run.')
