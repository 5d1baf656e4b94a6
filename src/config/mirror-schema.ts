// A route's `mirror`: who gets copies of its requests.

import * as z from 'zod'
import type { MirrorConfig } from './model.ts'
import { name, share, size } from './values.ts'
import { block, refuse, text } from './written.ts'

const mirror = block({
  upstream: name().describe('Name of the upstream that gets the copies.'),
  share: share().prefault('100%').describe('Of the requests of the route, each decided by itself.'),
  bodyBytes: size(0, 16 * 1024 * 1024)
    .prefault('64KiB')
    .describe('A request whose body is larger is not copied: copies are kept until the body is complete.'),
})

const off = text<MirrorConfig[]>('off', (written) => (written === 'off' ? [] : refuse('expected off, a block or a list')), {
  title: 'off',
  pattern: '^off$',
})

/** Always a list; empty = off. */
export const mirrorSchema = z
  .union([off, mirror.transform((one): MirrorConfig[] => [one]), z.array(mirror).min(1, 'at least one mirror is needed')])
  .prefault('off')
  .describe('Copies of requests go to another upstream, whose answers are thrown away; one block, or a list of them.')
