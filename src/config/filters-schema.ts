// `filters` of a route or of one of its upstreams: what happens to a request on its way. One key an item.

import * as z from 'zod'
import { type HeaderEditConfig, headerEdit } from './filters/headers-schema.ts'
import { block, later } from './written.ts'

/** The filters that are built, by their key. A new one is a line here, a line in `FilterConfig`, and one in filters/table.ts. */
const built = {
  requestHeaders: headerEdit('request')
    .optional()
    .describe('Changes the fields that the endpoint gets: remove, then set, then add.'),
  responseHeaders: headerEdit('response')
    .optional()
    .describe('Changes the fields that the client gets: remove, then set, then add. Also those of answers made here.'),
}

/** One step, by the key that it is written with. */
export type FilterConfig =
  | { readonly type: 'requestHeaders'; readonly options: HeaderEditConfig }
  | { readonly type: 'responseHeaders'; readonly options: HeaderEditConfig }

/** Names of the filters that are built. */
export const FILTER_TYPES = Object.keys(built) as readonly FilterConfig['type'][]

const filter = block({
  ...built,
  plugin: later('plugin'),
  compress: later('compress'),
  decompress: later('decompress'),
  ipAccess: later('ipAccess'),
  basicAuth: later('basicAuth'),
  apiKey: later('apiKey'),
  jwt: later('jwt'),
  oidc: later('oidc'),
  forwardAuth: later('forwardAuth'),
  hmac: later('hmac'),
  csrf: later('csrf'),
  clientCert: later('clientCert'),
  rateLimit: later('rateLimit'),
  bandwidthLimit: later('bandwidthLimit'),
  concurrencyLimit: later('concurrencyLimit'),
  cache: later('cache'),
}).transform((written, context): FilterConfig => {
  const [only, ...more] = Object.entries(written).filter(([, options]) => options !== undefined)
  if (only !== undefined && more.length === 0) return { type: only[0], options: only[1] } as FilterConfig
  context.addIssue({ code: 'custom', message: 'an item of filters has exactly one key: the name of a filter', input: written })
  return z.NEVER
})

export const filtersSchema = () => z.array(filter).prefault([])
