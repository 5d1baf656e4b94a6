// The invariants that hold for every case (I2: what reaches an origin is canonical; I4, I5, I7 are checked by the laboratory).

import v8 from 'node:v8'
import vm from 'node:vm'
import type { SeenRequest } from './request-splitter.ts'
import type { SeenResponse } from './response-reader.ts'
import { type Field, valuesOf } from './wire.ts'

const NEVER_FORWARDED = [
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy',
  'upgrade',
  'http2-settings',
  'trailer',
]

/** Why one request at an origin is not canonical (I2); empty when it is. */
export function canonicalComplaints(request: SeenRequest): string[] {
  const complaints = [...request.complaints]
  const { fields } = request
  if (valuesOf(fields, 'host').length !== 1) complaints.push(`${valuesOf(fields, 'host').length} Host fields`)
  for (const name of NEVER_FORWARDED) {
    if (fields.some((field) => field.name === name)) complaints.push(`hop-by-hop field ${name}`)
  }
  const te = valuesOf(fields, 'te').join()
  if (te !== '' && te !== 'trailers') complaints.push(`te: ${te}`)
  const connection = valuesOf(fields, 'connection').join()
  const allowed = te === '' ? ['', 'close', 'keep-alive'] : ['te', 'TE']
  if (!allowed.includes(connection)) complaints.push(`connection: ${connection}`)
  return complaints.map((text) => `I2: origin got ${text}`)
}

/** Why a response to the client is not canonical; empty when it is. */
export const responseComplaints = (response: SeenResponse): string[] =>
  response.complaints.map((text) => `I2: client got ${text}`)

const LOCAL_ERROR: readonly [string, RegExp][] = [
  ['content-type', /^application\/problem\+json/],
  ['x-headgate-reason', /^[a-z][a-z-]+$/],
]

/** What every error made by the gateway itself carries. */
export function localErrorComplaints(fields: readonly Field[]): string[] {
  return LOCAL_ERROR.filter(([name, pattern]) => !pattern.test(valuesOf(fields, name).join())).map(
    ([name]) => `local answer: ${name} is ${JSON.stringify(valuesOf(fields, name).join())}`,
  )
}

/** Bytes in use after a full collection (I7). */
export function bytesInUse(): number {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
