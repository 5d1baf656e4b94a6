// Filters back in the form in which they are written.

import type { FilterConfig } from '../filters-schema.ts'
import type { Written } from './block.ts'
import { duration, share, size } from './values.ts'

type Options<Type extends FilterConfig['type']> = Extract<FilterConfig, { type: Type }>['options']

const WRITERS: { readonly [Type in FilterConfig['type']]: (options: Options<Type>) => unknown } = {
  requestHeaders: (options) => withoutEmpty(options),
  responseHeaders: (options) => withoutEmpty(options),
  rewrite: ({ path, host }) => ({
    ...(path === null ? {} : path.type === 'regex' ? { regex: path.value, to: path.to } : { [path.type]: path.value }),
    ...withoutNull({ host }),
  }),
  redirect: ({ path, ...rest }) => ({
    ...withoutNull(rest),
    ...(path === null ? {} : { path: path.type === 'path' ? path.value : { prefix: path.value } }),
  }),
  respond: (options) => ('reason' in options ? withoutEmpty(options) : { status: options.status, ...withoutEmpty(options) }),
  cors: ({ maxAge, credentials, ...rest }) => ({
    ...rest,
    credentials,
    maxAge: maxAge === null ? 'off' : duration(maxAge),
  }),
  bodyLimit: ({ bytes, mode }) => (mode === 'enforce' ? size(bytes) : { bytes: size(bytes), mode }),
  errorPages: (pages) => pages.map((page) => withoutNull(page)),
  faults: ({ delay, abort }) =>
    withoutNull({
      delay: delay === null ? null : { time: duration(delay.time), share: share(delay.share) },
      abort: abort === null ? null : { status: abort.status, share: share(abort.share) },
    }),
  clientCert: ({ subject, san, mode }) => ({ require: withoutEmpty(withoutNull({ subject, san })), mode }),
  plugin: ({ budget, ...rest }) => ({ ...rest, budget: duration(budget) }),
}

export function writeFilters(filters: readonly FilterConfig[]): Written[] {
  return filters.map(({ type, options }) => ({ [type]: (WRITERS[type] as (options: unknown) => unknown)(options) }))
}

function withoutNull(block: object): Written {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== null))
}

/** Without '', [] and {}. */
function withoutEmpty(block: object): Written {
  return Object.fromEntries(
    Object.entries(block).filter(([, value]) => (typeof value === 'object' ? Object.keys(value).length > 0 : value !== '')),
  )
}
