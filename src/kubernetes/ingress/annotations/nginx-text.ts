// Texts of nginx with variables in them, as templates of the gateway.

import { hasTemplate } from '../../../config/filters/templates.ts'
import type { HashKeyConfig } from '../../../config/model.ts'

const PLAIN: Readonly<Record<string, string>> = {
  host: 'request.host',
  http_host: 'request.header.host',
  remote_addr: 'client.ip',
  realip_remote_addr: 'client.ip',
  request_method: 'request.method',
  uri: 'request.path',
  ssl_server_name: 'tls.sni',
  ssl_protocol: 'tls.version',
  ssl_client_s_dn: 'tls.client.subject',
}

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g

/** The text with every variable as a template; a string in a list = a variable that there is no template for. */
export function templated(text: string): string | readonly [variable: string] {
  let unknown: string | null = null
  const out = text.replace(VARIABLE, (_whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    const template = templateOf(name)
    if (template === null) unknown ??= name
    return `\${${template}}`
  })
  if (unknown !== null) return [unknown]
  // What is left of dollar signs is text, and must not be taken for a template of ours.
  const literal = text.replace(VARIABLE, '')
  return literal.includes('$') || hasTemplate(literal) ? ['$'] : out
}

function templateOf(variable: string): string | null {
  if (Object.hasOwn(PLAIN, variable)) return PLAIN[variable] as string
  const header = /^http_([a-z0-9_]+)$/.exec(variable)?.[1]
  return header === undefined ? null : `request.header.${header.replaceAll('_', '-')}`
}

/** What a variable is as the key of a hash; null = it is none. */
export function hashKeyOf(text: string): { readonly key: HashKeyConfig; readonly exact: boolean } | null {
  const [, braced, bare] = /^\$(?:\{(\w+)\}|(\w+))$/.exec(text) ?? []
  const name = braced ?? bare ?? ''
  if (name === 'remote_addr' || name === 'binary_remote_addr') return { key: { type: 'source-ip' }, exact: true }
  if (name === 'uri') return { key: { type: 'path' }, exact: true }
  if (name === 'request_uri') return { key: { type: 'path' }, exact: false }
  if (name === 'host' || name === 'http_host') return { key: { type: 'header', name: 'host' }, exact: name === 'http_host' }
  const [, kind, rest = ''] = /^(http|cookie|arg)_(\w+)$/.exec(name) ?? []
  if (kind === 'http') return { key: { type: 'header', name: rest.replaceAll('_', '-') }, exact: true }
  if (kind === 'cookie') return { key: { type: 'cookie', name: rest }, exact: true }
  return kind === 'arg' ? { key: { type: 'query', name: rest }, exact: true } : null
}
