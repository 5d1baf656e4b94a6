// A planned listener in the words of the file.

import { listenerSchema } from '../../config/listener-schema.ts'
import type { ListenerConfig } from '../../config/model.ts'
import type { PlannedListener } from './gateways.ts'

export function writtenListener({ name, bind, judged }: PlannedListener): object {
  const { host, protocol, tls } = judged
  return { name, bind, protocol, ...(host === '' ? {} : { hosts: [host] }), ...(tls === null ? {} : { tls }) }
}

/** What is wrong with it, in words, where the schema refuses it. */
export function readListener(written: object): ListenerConfig | string {
  const read = listenerSchema.safeParse(written)
  return read.success ? read.data : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}
