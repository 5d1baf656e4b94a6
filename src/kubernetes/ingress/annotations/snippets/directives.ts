// The directives that are understood, and what each becomes.

import { RE2JS } from 're2js'
import { fieldNameProblem, fieldValue } from '../../../../config/filters/headers-schema.ts'
import { rewriteSchema } from '../../../../config/filters/path-schema.ts'
import { regexSize } from '../../../../config/regex-size.ts'
import type { Draft } from '../draft.ts'
import { templated } from '../nginx-text.ts'
import { sendElsewhere } from '../themes/redirects.ts'
import { seconds, size, Wrong } from '../values.ts'

/** null = taken over as it is; otherwise how it differs. Throws a `Refused` for what it cannot be. */
export type Translate = (words: readonly string[], draft: Draft, annotation: string) => string | null

/** A directive with these words is not served; `all` = without it requests must not be. */
export class Refused extends Error {
  readonly all: boolean
  constructor(message: string, all = false) {
    super(message)
    this.all = all
  }
}

const refuse = (message: string, all = false): never => {
  throw new Refused(message, all)
}

function field(name: string, side: 'request' | 'response'): string {
  const bad = fieldNameProblem(name, side)
  return bad === null ? name : refuse(bad.why)
}

/** Of a header, with templates for variables. */
function headerValue(written: string): string {
  const value = templated(written.trim())
  if (typeof value !== 'string') return refuse(`there is no $${value[0].replace('$', '')} here`)
  return fieldValue().safeParse(value).success ? value : refuse('the value cannot be that of a header')
}

/** `Name: value` of the module headers-more; no value = the field is taken out. */
const moreSet =
  (side: 'request' | 'response'): Translate =>
  (words, draft) => {
    const edit = side === 'request' ? draft.requestHeaders : draft.responseHeaders
    if (words.some((word) => /^-[strab]$/.test(word))) refuse('options are not understood')
    for (const word of words) {
      const colon = word.indexOf(':')
      const name = field(colon === -1 ? word : word.slice(0, colon).trim(), side)
      const value = colon === -1 ? '' : word.slice(colon + 1).trim()
      if (value === '') edit.remove(name)
      else edit.set(name, headerValue(value))
    }
    return null
  }

const moreClear =
  (side: 'request' | 'response'): Translate =>
  (words, draft) => {
    const edit = side === 'request' ? draft.requestHeaders : draft.responseHeaders
    if (words.some((word) => /^-[st]$/.test(word))) refuse('options are not understood')
    for (const name of words.flatMap((word) => word.split(',')).map((word) => word.trim())) {
      if (name.includes('*')) refuse('names with * are not understood')
      edit.remove(field(name, side))
    }
    return null
  }

const addHeader: Translate = ([name = '', value = '', always], draft) => {
  const known = field(name, 'response')
  if (value !== '' && !draft.responseHeaders.add(known, headerValue(value))) refuse(`${name} is added once only`)
  return always === 'always' ? null : 'the field is added whatever the status is'
}

/** What endpoints are told of the client anyway; a client's own word is replaced. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'x-forwarded-for': ['$proxy_add_x_forwarded_for', '$full_x_forwarded_for', '$remote_addr'],
  'x-forwarded-proto': ['$scheme', '$pass_access_scheme'],
  'x-forwarded-host': ['$host', '$http_host', '$best_http_host'],
  'x-forwarded-port': ['$server_port', '$pass_port', '$pass_server_port'],
  'x-request-id': ['$req_id', '$request_id'],
}

/** A client's own field must not stand in the place of one that cannot be made. */
const setHeader: Translate = ([name = '', value = ''], draft) => {
  const lower = name.toLowerCase()
  if (lower === 'upgrade' || lower === 'connection') {
    const usual = /^(\$http_upgrade|\$connection_upgrade|upgrade|"?"?|keep-alive|close)$/i.test(value)
    return usual ? null : refuse(`${name} is the gateway's own: WebSockets are served as they come`)
  }
  if (lower === 'host') {
    if (/^\$(http_)?host$/.test(value) || value === '$best_http_host') return null
    const host = templated(value)
    if (!rewriteSchema.safeParse({ host }).success) refuse(`"${value}" is not a host`, true)
    draft.filter({ rewrite: { host } })
    return null
  }
  const known = field(name, 'request')
  if (TOLD[lower]?.includes(value) || value === `$http_${lower.replaceAll('-', '_')}`) return null
  if (value === '') {
    draft.requestHeaders.remove(known)
    return null
  }
  try {
    draft.requestHeaders.set(known, headerValue(value))
    return /\$\{?(http|ssl)_/.test(value) ? `${name} is there, empty, where the variable is; nginx leaves it out` : null
  } catch (error) {
    if (Object.hasOwn(TOLD, lower)) return refuse(`${(error as Error).message}; ${name} is what the gateway says`)
    draft.requestHeaders.remove(known)
    return refuse(`${(error as Error).message}; ${name} is taken out of requests`)
  }
}

const answer: Translate = ([code = '', text = ''], draft, annotation) => {
  if (/^(https?:|\$scheme:)/.test(code)) sendElsewhere(draft, annotation, code, 302)
  else if (/^30[12378]$/.test(code) && text !== '') {
    if (text.startsWith('/') && !text.includes('$'))
      draft.filter({ respond: { status: Number(code), headers: { location: text } } })
    else sendElsewhere(draft, annotation, text, Number(code))
  } else {
    const status = /^[2-5]\d\d$/.test(code) ? Number(code) : Number.NaN
    if (!(status >= 200) || status === 444) refuse(`${code} is not a status that can be answered`, true)
    const body = templated(text)
    if (typeof body !== 'string') return refuse(`there is no $${body[0].replace('$', '')} here`, true)
    draft.filter({ respond: { status, ...(body === '' ? {} : { body }) } })
  }
  return null
}

const LONGEST_PATTERN = 1024

/** What matches anywhere replaces the whole path. */
const rewrite: Translate = ([pattern = '', to = '', flag = ''], draft) => {
  if (flag !== 'break') refuse('only with break: routes are not looked for again, and redirects are written with return', true)
  if (!/^\//.test(to) || /[?]/.test(to)) refuse('the new path begins with / and has no query', true)
  if (Math.max(pattern.length, regexSize(pattern)) > LONGEST_PATTERN)
    refuse(`this regular expression is longer than ${LONGEST_PATTERN} characters with its repetitions written out`, true)
  try {
    RE2JS.compile(pattern)
  } catch {
    refuse('this is not a regular expression of RE2', true)
  }
  const written = { regex: `^(?s:.*?)(?:${pattern})(?s:.*)$`, to }
  if (!rewriteSchema.safeParse(written).success) refuse('the new path has only groups that there are, and no variables', true)
  draft.filter({ rewrite: written })
  return 'the path is compared as it is sent, with its escapes'
}

const bytes: Translate = ([word = ''], draft) => {
  const limit = size(word)
  if (limit instanceof Wrong) return refuse(`expected ${limit.expected}`, true)
  draft.bodyLimit = limit === 0 ? null : limit
  return null
}

const timeout =
  (key: 'connect' | 'read' | 'send'): Translate =>
  ([word = ''], draft) => {
    const value = seconds(word)
    if (value instanceof Wrong) return refuse(`expected ${value.expected}`)
    draft.timeouts[key] = value
    return key === 'connect' ? null : 'see the annotation of that name'
  }

const never: Translate = () => 'bodies are passed on as they come, in buffers of our own'

export const DIRECTIVES: Readonly<Record<string, Translate>> = {
  more_set_headers: moreSet('response'),
  more_clear_headers: moreClear('response'),
  more_set_input_headers: moreSet('request'),
  more_clear_input_headers: moreClear('request'),
  add_header: addHeader,
  proxy_hide_header: moreClear('response'),
  proxy_set_header: setHeader,
  grpc_set_header: setHeader,
  return: answer,
  rewrite,
  client_max_body_size: bytes,
  proxy_connect_timeout: timeout('connect'),
  proxy_read_timeout: timeout('read'),
  proxy_send_timeout: timeout('send'),
  grpc_read_timeout: timeout('read'),
  grpc_send_timeout: timeout('send'),
  proxy_http_version: ([version]) => (version === '1.1' ? null : refuse('HTTP/1.1 is spoken to endpoints')),
  proxy_buffering: ([word]) => (word === 'off' ? null : never([], null as never, '')),
  proxy_request_buffering: ([word]) => (word === 'off' ? null : never([], null as never, '')),
  proxy_buffers: never,
  proxy_buffer_size: never,
  proxy_busy_buffers_size: never,
  proxy_max_temp_file_size: never,
  client_body_buffer_size: never,
}

/** What changes nothing about who gets what: requests are served without it. */
export const HARMLESS =
  /^(gzip|brotli|zstd|access_log|error_log|log_|rewrite_log|set$|expires|etag|charset|add_trailer|proxy_cache|proxy_no_cache|proxy_cookie|proxy_redirect|proxy_pass_header|proxy_next_upstream|proxy_socket|proxy_headers_hash|sub_filter|types_hash|default_type|keepalive|send_timeout|client_header|client_body_timeout|large_client|lingering|tcp_|sendfile|aio|output_buffers|http2_|chunked_|reset_timed|resolver|opentelemetry|opentracing|otel|port_in_redirect|absolute_redirect|server_name_in_redirect|underscores_in_headers|recursive_error_pages|proxy_intercept_errors|error_page|mirror|max_ranges|if_modified_since|directio|open_file_cache|postpone_output)/
