// `overload`: what the gateway does to stay alive when there is more than it can serve.

import * as z from 'zod'
import { durationOrOff, size } from './values.ts'
import { block, offOr, patternOrEnvironment, refuse, text } from './written.ts'

const shareOrOff = () =>
  text(
    'a share such as 85%, or off',
    (written) => {
      if (written === 'off') return null
      const percent = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(written)?.[1] ?? Number.NaN)
      return percent >= 1 && percent <= 100
        ? percent / 100
        : refuse(`expected a share from 1% to 100%, or off; got "${written}"`)
    },
    { title: 'share | off', pattern: patternOrEnvironment('^(off|\\d+(\\.\\d+)?%)$') },
  )

const overloadBlock = block({
  lag: durationOrOff(10).prefault('250ms').describe('How late the event loop may be, again and again.'),
  memory: shareOrOff()
    .prefault('85%')
    .describe('Of the memory that a process may use: its part of what the control group allows or the machine has.'),
  connections: shareOrOff()
    .prefault('90%')
    .describe('Of limits.connections, and of the file descriptors: above, the oldest connections close after their answer.'),
  buffers: size(1024 ** 2, 2 ** 40)
    .prefault('128MiB')
    .describe('Bodies kept for another try and answers that clients have not read; above: less is kept and read ahead.'),
})

/** Normalised: thresholds, null = off; `lag` in milliseconds, shares as fractions, `buffers` in bytes of all workers together. */
export type OverloadConfig = z.output<typeof overloadBlock>

export const overload = z
  .union([offOr('{ lag: 250ms }'), overloadBlock])
  .prefault({})
  .describe('Above a threshold new requests are answered with 503, those of routes with low priority first; off = never.')
