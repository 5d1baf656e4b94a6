// `filters` of a route or of one of its upstreams: what happens to a request on its way. One key an item.

import * as z from 'zod'
import {
  type BodyLimitConfig,
  bodyLimitSchema,
  type ErrorPageConfig,
  errorPagesSchema,
  type FaultsConfig,
  faultsSchema,
  type RespondConfig,
  respondSchema,
} from './filters/answer-schema.ts'
import { type ClientCertConfig, clientCertSchema } from './filters/client-cert-schema.ts'
import { type CorsConfig, corsSchema } from './filters/cors-schema.ts'
import { type HeaderEditConfig, headerEdit } from './filters/headers-schema.ts'
import { type RedirectConfig, type RewriteConfig, redirectSchema, rewriteSchema } from './filters/path-schema.ts'
import { type PluginFilterConfig, pluginFilterSchema } from './plugin-schema.ts'
import { block, later } from './written.ts'

/** The filters that are built, by their key. A new one is a line here, a line in `FilterConfig`, and one in filters/table.ts. */
const built = {
  requestHeaders: headerEdit('request')
    .optional()
    .describe('Changes the fields that the endpoint gets: remove, then set, then add.'),
  responseHeaders: headerEdit('response')
    .optional()
    .describe('Changes the fields that the client gets: remove, then set, then add. Also those of answers made here.'),
  rewrite: rewriteSchema.optional().describe('Changes what the endpoint is asked for: the path or the Host.'),
  redirect: redirectSchema.optional().describe('Sends the client elsewhere; what is not said stays as it was asked for.'),
  respond: respondSchema
    .optional()
    .describe('Answers in the place of an endpoint: as written, or with an error of the gateway.'),
  cors: corsSchema.optional().describe('Answers preflights of browsers, and lets scripts of other origins read answers.'),
  bodyLimit: bodyLimitSchema.optional().describe('The largest request body: a size, or { bytes, mode }; above: 413.'),
  errorPages: errorPagesSchema
    .optional()
    .describe('Bodies of errors, whoever made them. Status and headers stay; the first page that names the status counts.'),
  faults: faultsSchema.optional().describe('Faults on purpose, for a share of the requests.'),
  clientCert: clientCertSchema
    .optional()
    .describe('Lets only clients pass that have shown a certificate (clientAuth of the listener); others: 403.'),
  plugin: pluginFilterSchema.optional().describe('Runs a plugin, see tasks/plugin.md.'),
}

/** One step, by the key that it is written with. */
export type FilterConfig =
  | { readonly type: 'requestHeaders'; readonly options: HeaderEditConfig }
  | { readonly type: 'responseHeaders'; readonly options: HeaderEditConfig }
  | { readonly type: 'rewrite'; readonly options: RewriteConfig }
  | { readonly type: 'redirect'; readonly options: RedirectConfig }
  | { readonly type: 'respond'; readonly options: RespondConfig }
  | { readonly type: 'cors'; readonly options: CorsConfig }
  | { readonly type: 'bodyLimit'; readonly options: BodyLimitConfig }
  | { readonly type: 'errorPages'; readonly options: readonly ErrorPageConfig[] }
  | { readonly type: 'faults'; readonly options: FaultsConfig }
  | { readonly type: 'clientCert'; readonly options: ClientCertConfig }
  | { readonly type: 'plugin'; readonly options: PluginFilterConfig }

/** Names of the filters that are built. */
export const FILTER_TYPES = Object.keys(built) as readonly FilterConfig['type'][]

const notBuilt = {
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
  rateLimit: later('rateLimit'),
  bandwidthLimit: later('bandwidthLimit'),
  concurrencyLimit: later('concurrencyLimit'),
  cache: later('cache'),
}

const filterOf = <S extends z.core.$ZodLooseShape>(shape: S) =>
  block(shape).transform((written, context): FilterConfig => {
    const [only, ...more] = Object.entries(written).filter(([, options]) => options !== undefined)
    if (only !== undefined && more.length === 0) return { type: only[0], options: only[1] } as FilterConfig
    // A key that is wrong has been told already.
    if (context.issues.length === 0)
      context.addIssue({
        code: 'custom',
        message: 'an item of filters has exactly one key: the name of a filter',
        input: written,
      })
    return z.NEVER
  })

const filter = filterOf({ ...built, ...notBuilt })

export const filtersSchema = () => z.array(filter).prefault([])

/** Only some of them; `elsewhere` says where the others can be used. */
export function someFiltersSchema(types: readonly FilterConfig['type'][], elsewhere: string) {
  const shape = Object.entries(built).map(([type, schema]) => [
    type,
    types.includes(type as FilterConfig['type'])
      ? schema
      : z
          .never({ error: `${type} can only be used ${elsewhere}` })
          .optional()
          .meta({ written: { title: 'not here', not: {} } }),
  ])
  return z.array(filterOf({ ...Object.fromEntries(shape), ...notBuilt })).prefault([])
}
