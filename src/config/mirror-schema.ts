// A route's `mirror`: who gets copies of its requests.

import * as z from 'zod'
import type { MirrorConfig } from './model.ts'
import { name, share, size } from './values.ts'
import { block, offOr } from './written.ts'

const mirror = block({
  upstream: name().describe('Name of the upstream that gets the copies.'),
  share: share().prefault('100%').describe('Of the requests of the route, each decided by itself.'),
  bodyBytes: size(0, 16 * 1024 * 1024)
    .prefault('64KiB')
    .describe('A request whose body is larger is not copied: copies are kept until the body is complete.'),
})

/** Always a list; empty = off. */
export const mirrorSchema = z
  .union([
    offOr('{ upstream: NAME, share: 10% }').transform((): MirrorConfig[] => []),
    mirror.transform((one): MirrorConfig[] => [one]),
    z.array(mirror).min(1, 'at least one mirror is needed'),
  ])
  .prefault('off')
  .describe('Copies of requests go to another upstream, whose answers are thrown away; one block, or a list of them.')
