// Valid HTTP/1.1 messages by grammar, with a taste for the corners: the ground that mutations start from.

import type { Dice } from './fuzz-random.ts'

const ALPHA = 'abcdefghijklmnopqrstuvwxyz'
const TOKEN = `${ALPHA}ABCXYZ0123456789!#$%&'*+-.^_\`|~`
const PCHAR = `${ALPHA}ABCXYZ0123456789-._~!$&'()*+,;=:@`
const VISIBLE = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('')
const OBS = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')

const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'PURGE',
  'REPORT',
  'FOO-BAR',
  'M-SEARCH',
]
const NAMES = [
  'Accept',
  'accept-encoding',
  'User-Agent',
  'Cookie',
  'X-A',
  'x_b',
  'Via',
  'TE',
  'Trailer',
  'Upgrade',
  'Keep-Alive',
  'Authorization',
]
const TRUST = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'Forwarded',
  'X-Real-IP',
  'X-Request-Id',
  'X_Forwarded_For',
  'Proxy',
  'Content-Type',
]
const CONNECTIONS = ['keep-alive', 'close', 'Keep-Alive', 'x-a', 'keep-alive, x-a', 'upgrade', 'close, te', 'TE', ' close', '']
const HOSTS = ['a', 'a.example', 'A.Example:8080', '127.0.0.1:80', '[::1]', '[::1]:8080', 'x-1.y_2']
const SPACE = [' ', ' ', ' ', ' ', '', '\t', '  ', ' \t']

export const CRLF = '\r\n'

function path(dice: Dice): string {
  let path = ''
  for (let segments = 1 + dice.below(3); segments > 0; segments--) {
    path += `/${dice.text(PCHAR, 0, 8)}`
    if (dice.chance(0.15)) path += dice.pick(['%20', '%41', '%2e%2e', '..', '.', '%C3%A9', '%2525'])
  }
  return path
}

function target(dice: Dice, method: string, host: string): string {
  const query = dice.chance(0.3) ? `?${dice.text(`${PCHAR}/?%[]{}|^"<>`, 0, 12)}` : ''
  if (method === 'OPTIONS' && dice.chance(0.3)) return '*'
  if (dice.chance(0.1)) return `http://${host}${dice.chance(0.7) ? path(dice) : ''}${query}`
  return path(dice) + query
}

function value(dice: Dice): string {
  const kind = dice.below(10)
  if (kind === 0) return ''
  if (kind === 1) return dice.text(OBS + VISIBLE, 1, 12)
  if (kind === 2) return `${dice.text(VISIBLE, 1, 5)}${dice.pick([' ', '\t', '  '])}${dice.text(VISIBLE, 1, 5)}`
  return dice.text(VISIBLE, 1, 20)
}

const field = (dice: Dice, name: string, text: string): string =>
  `${name}:${dice.pick(SPACE)}${text}${dice.chance(0.1) ? dice.pick([' ', '\t']) : ''}${CRLF}`

function plainFields(dice: Dice): string[] {
  const fields: string[] = []
  for (let count = dice.below(5); count > 0; count--) {
    const kind = dice.below(4)
    const name = kind === 0 ? dice.pick(TRUST) : kind === 1 ? dice.text(TOKEN, 1, 10) : dice.pick(NAMES)
    fields.push(field(dice, name, value(dice)))
  }
  if (dice.chance(0.2)) fields.push(field(dice, dice.pick(['Connection', 'connection', 'CONNECTION']), dice.pick(CONNECTIONS)))
  return fields
}

function shuffle(dice: Dice, lines: string[]): string {
  for (let i = lines.length - 1; i > 0; i--) {
    const j = dice.below(i + 1)
    const line = lines[i] as string
    lines[i] = lines[j] as string
    lines[j] = line
  }
  return lines.join('')
}

/** The bytes of a chunked body, with extensions and trailers now and then. */
export function chunkedBody(dice: Dice): string {
  let text = ''
  for (let chunks = dice.below(4); chunks > 0; chunks--) {
    const data = dice.text(`${VISIBLE}\r\n\0${OBS}`, 1, 20)
    const size = data.length.toString(16)
    const zeros = dice.chance(0.05) ? '0'.repeat(dice.below(4)) : ''
    const extension = dice.chance(0.1) ? dice.pick([';a', ';a=b', ';a="b;c"', ';a=b;c="\\""', ';name=1;b']) : ''
    text += `${zeros}${dice.chance(0.3) ? size.toUpperCase() : size}${extension}${CRLF}${data}${CRLF}`
  }
  text += `0${dice.chance(0.05) ? ';last' : ''}${CRLF}`
  if (dice.chance(0.15)) text += field(dice, dice.pick(['X-T', 'Content-Length', 'Host', dice.text(TOKEN, 1, 5)]), value(dice))
  return text + CRLF
}

/** How the message is framed, and its body. */
function framing(dice: Dice, mayChunk: boolean): { line: string; body: string } {
  const kind = dice.below(6)
  if (kind === 0 && mayChunk)
    return {
      line: field(dice, dice.pick(['Transfer-Encoding', 'transfer-encoding']), dice.pick(['chunked', 'Chunked'])),
      body: chunkedBody(dice),
    }
  if (kind === 1) {
    const body = dice.text(`${VISIBLE}${CRLF} `, 0, 30)
    return { line: field(dice, dice.pick(['Content-Length', 'content-length']), String(body.length)), body }
  }
  return { line: '', body: '' }
}

/** One request with its body. */
export function request(dice: Dice): string {
  const method = dice.pick(METHODS)
  const host = dice.pick(HOSTS)
  const minor = dice.chance(0.1) ? 0 : 1
  const { line, body } = framing(dice, minor === 1)
  const fields = plainFields(dice)
  if (minor === 1 || dice.chance(0.5)) fields.push(field(dice, dice.pick(['Host', 'host', 'HOST']), host))
  if (line !== '') fields.push(line)
  if (dice.chance(0.03)) fields.push(field(dice, 'Expect', '100-continue'))
  const start = dice.chance(0.03) ? CRLF : ''
  return `${start}${method} ${target(dice, method, host)} HTTP/1.${minor}${CRLF}${shuffle(dice, fields)}${CRLF}${body}`
}

const STATUSES = [200, 200, 200, 204, 206, 301, 304, 400, 404, 500, 503, 299, 599, 999, 600]

/** One final response with its body. */
export function response(dice: Dice): string {
  const { line, body } = framing(dice, true)
  const fields = plainFields(dice)
  if (line !== '') fields.push(line)
  const status = dice.pick(STATUSES)
  const bare = status === 204 || status === 304
  const phrase = dice.pick([' OK', ' ', ' Not Found', ' a  b', ` ${dice.text(OBS + VISIBLE, 1, 8)}`])
  const rest = line === '' && !bare ? dice.text(`${VISIBLE}${CRLF}`, 0, 20) : body
  return `HTTP/1.${dice.chance(0.1) ? 0 : 1} ${status}${phrase}${CRLF}${shuffle(dice, fields)}${CRLF}${bare ? '' : rest}`
}
