// GRPCRoutes: methods are paths, `/package.Service/Method` (gRPC over HTTP/2).

import type { Trouble } from './addresses.ts'
import { namedValues, unsupported } from './http-route.ts'
import type { GrpcMatch } from './kinds.ts'

export function writeGrpcMatch({ method, headers }: GrpcMatch): object | Trouble {
  const fields = namedValues(headers, true)
  if ('reason' in fields) return fields
  const path = pathOf(method ?? {})
  if (path !== null && 'reason' in path) return path
  return { ...(path === null ? {} : { path }), headers: fields.values }
}

/** null = every method. */
function pathOf({ type = 'Exact', service = '', method = '' }: NonNullable<GrpcMatch['method']>): object | Trouble | null {
  if (service === '' && method === '') return null
  if (type === 'RegularExpression') return { regex: `/${grouped(service)}/${grouped(method)}` }
  if (type !== 'Exact') return unsupported(`a method match of type ${type}`)
  if (method === '') return { prefix: `/${service}` }
  return service === '' ? { regex: `/[^/]+/${escaped(method)}` } : { exact: `/${service}/${method}` }
}

const grouped = (expression: string): string => (expression === '' ? '[^/]+' : `(?:${expression})`)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
