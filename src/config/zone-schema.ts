// Where gateway and endpoints are, and what routes may choose endpoints by: `zone` and `labels`.

import * as z from 'zod'
import { boolean, share } from './values.ts'
import { block, named, offOr, refuse, text } from './written.ts'

/** A name as Kubernetes has them, or '' = not known. */
export const zoneName = () =>
  text(
    'the name of a zone',
    (written) =>
      /^(?:[\w](?:[\w./-]{0,252}[\w])?)?$/.test(written)
        ? written
        : refuse(`"${written}" is not the name of a zone: letters, digits and . _ / - in between`),
    { title: 'name' },
  )

const MAX_LABEL = 253

const labelText = (what: string, empty: boolean) =>
  text(
    `the ${what} of a label`,
    (written) => {
      if (written === '' && !empty) return refuse(`the ${what} of a label is empty`)
      return written.length <= MAX_LABEL && /^[\x21-\x7e]*$/.test(written)
        ? written
        : refuse(`"${written.slice(0, MAX_LABEL)}" is not the ${what} of a label: at most ${MAX_LABEL} characters, no spaces`)
    },
    { title: what },
  )

/** `{ version: v2 }`. */
export const labels = named(labelText('name', false), labelText('value', true))

const zoneBlock = block({
  prefer: boolean().prefault(true).describe('false = as without this block.'),
  minimumShare: share()
    .prefault('30%')
    .describe('Of the healthy weight: with less than that in the own zone, all zones are used as if there were none.'),
}).transform(({ prefer, minimumShare }) => (prefer ? { minimumShare } : null))

export const zone = z
  .union([offOr('{ prefer: true }'), zoneBlock])
  .prefault('off')
  .describe("Keeps traffic in the gateway's own zone (the key zone at the top) while enough endpoints are well there.")
