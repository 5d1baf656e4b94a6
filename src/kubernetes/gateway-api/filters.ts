// Filters of rules and of their backendRefs in the words of the file.

import type { Trouble } from './addresses.ts'
import type { FindExtension } from './extensions.ts'
import type { FilterSpec, HeaderEdit, PathChange } from './kinds.ts'
import type { Variant } from './variants.ts'

/** Items of `filters`, or why there is no saying it. */
export type Written = readonly object[]

const HANDLED: Readonly<Record<string, (spec: FilterSpec, where: Pick<Variant, 'port'>) => Written | Trouble>> = {
  RequestHeaderModifier: ({ requestHeaderModifier = {} }) => requestHeaders(requestHeaderModifier),
  ResponseHeaderModifier: ({ responseHeaderModifier = {} }) => headers('responseHeaders', responseHeaderModifier),
  RequestRedirect: ({ requestRedirect = {} }, where) => redirect(requestRedirect, where),
  URLRewrite: ({ urlRewrite = {} }) => rewrite(urlRewrite),
  CORS: (spec) => cors(spec.cors ?? {}),
}

/** All but mirrors, in the order written; CORS first, because what it answers goes nowhere. */
export function writeFilters(
  specs: readonly FilterSpec[],
  where: Pick<Variant, 'port'>,
  find: FindExtension,
): Written | Trouble {
  const written: object[] = []
  const types = specs.map(({ type }) => type)
  if (types.includes('RequestRedirect') && types.includes('URLRewrite'))
    return { reason: 'IncompatibleFilters', message: 'RequestRedirect and URLRewrite exclude each other' }
  for (const spec of [...specs].sort((a, b) => Number(b.type === 'CORS') - Number(a.type === 'CORS'))) {
    if (spec.type === 'RequestMirror') continue
    if (spec.type === 'ExtensionRef') {
      const found = find(spec.extensionRef)
      if ('reason' in found) return found
      written.push(...found.filters)
      continue
    }
    const write = Object.hasOwn(HANDLED, spec.type) ? HANDLED[spec.type] : undefined
    if (write === undefined) return { reason: 'UnsupportedValue', message: `filters of type ${spec.type} are not supported` }
    const made = write(spec, where)
    if ('reason' in made) return made
    written.push(...made)
  }
  return written
}

/** Whether what it answers depends on the port. */
export function dependsOnPort(specs: readonly FilterSpec[]): boolean {
  return specs.some(({ type }) => type === 'RequestRedirect')
}

/** Host is not a field like the others: it is what is asked for. */
function requestHeaders(edit: HeaderEdit): Written | Trouble {
  const host = [...(edit.set ?? []), ...(edit.add ?? [])].find(({ name }) => name.toLowerCase() === 'host')
  const rest = (list: HeaderEdit['set'] = []) => list.filter(({ name }) => name.toLowerCase() !== 'host')
  const written = headers('requestHeaders', { ...edit, set: rest(edit.set), add: rest(edit.add) })
  if ('reason' in written || host === undefined) return written
  return [...written, { rewrite: { host: host.value } }]
}

function headers(
  key: 'requestHeaders' | 'responseHeaders',
  { set = [], add = [], remove = [] }: HeaderEdit,
): Written | Trouble {
  const template = [...set, ...add].find(({ value }) => /\$\{[a-z]/.test(value))
  if (template !== undefined)
    return { reason: 'UnsupportedValue', message: `the value of ${template.name} holds \${…}, which cannot be sent as it is` }
  if (set.length + add.length + remove.length === 0) return []
  return [{ [key]: { set: fields(set), add: fields(add), remove } }]
}

/** Of several with one name the first counts. */
function fields(list: NonNullable<HeaderEdit['set']>): Record<string, string> {
  const seen = new Map<string, [string, string]>()
  for (const { name, value } of list) if (!seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), [name, value.trim()])
  return Object.fromEntries(seen.values())
}

function pathOf({
  type,
  replaceFullPath,
  replacePrefixMatch,
}: PathChange): { readonly path: string } | { readonly prefix: string } | null {
  if (type === 'ReplaceFullPath')
    return { path: replaceFullPath === undefined || replaceFullPath === '' ? '/' : replaceFullPath }
  if (type === 'ReplacePrefixMatch')
    return { prefix: replacePrefixMatch === undefined || replacePrefixMatch === '' ? '/' : replacePrefixMatch }
  return null
}

function unknownPath({ type }: PathChange): Trouble {
  return { reason: 'UnsupportedValue', message: `a change of the path of type ${type} is not supported` }
}

function redirect(
  { scheme, hostname, port, statusCode, path }: NonNullable<FilterSpec['requestRedirect']>,
  where: Pick<Variant, 'port'>,
): Written | Trouble {
  const to = path === undefined ? undefined : pathOf(path)
  if (path !== undefined && to === null) return unknownPath(path)
  const written = {
    ...(scheme === undefined ? {} : { scheme: scheme.toLowerCase() }),
    ...(hostname === undefined ? {} : { host: hostname }),
    // Without both it is the listener's port, whatever the client's Host says.
    ...(port !== undefined ? { port } : scheme === undefined ? { port: where.port } : {}),
    ...(to == null ? {} : { path: 'path' in to ? to.path : to }),
    ...(statusCode === undefined ? {} : { code: statusCode }),
  }
  return [{ redirect: written }]
}

function rewrite({ hostname, path }: NonNullable<FilterSpec['urlRewrite']>): Written | Trouble {
  const to = path === undefined ? {} : pathOf(path)
  if (path !== undefined && to === null) return unknownPath(path)
  if (path === undefined && hostname === undefined) return []
  return [{ rewrite: { ...to, ...(hostname === undefined ? {} : { host: hostname }) } }]
}

/** What browsers are told where nothing is said. */
const MAX_AGE = 5

function cors({
  allowOrigins = [],
  allowMethods,
  allowHeaders = [],
  exposeHeaders = [],
  allowCredentials = false,
  maxAge = MAX_AGE,
}: NonNullable<FilterSpec['cors']>): Written {
  // With credentials nobody may be told "*": each origin is told itself.
  const origins = allowOrigins.flatMap((origin) =>
    origin === '*' && allowCredentials ? ['http://*:*', 'https://*:*'] : [origin],
  )
  return [
    {
      cors: {
        // Nobody is let in where nobody is named.
        origins: origins.length === 0 ? ['https://origin.invalid'] : origins,
        ...(allowMethods === undefined || allowMethods.length === 0 ? {} : { methods: allowMethods }),
        headers: allowHeaders,
        exposeHeaders: allowCredentials ? exposeHeaders.filter((name) => name !== '*') : exposeHeaders,
        credentials: allowCredentials,
        maxAge: `${maxAge}s`,
      },
    },
  ]
}
