// References to the environment: what is replaced, what stays, and what is missing.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const ENV = { PORT: '8080', HOST: '10.0.0.1', EMPTY: '', N: '3', TOKEN: '12345', _X: 'x' }

const parse = (text: string) => parseConfig([{ name: 'f', text }], { env: ENV })

function errorsOf(text: string): string[] {
  const parsed = parse(text)
  return 'errors' in parsed ? parsed.errors.map(formatProblem) : []
}

function configOf(text: string) {
  const parsed = parse(text)
  if ('errors' in parsed) throw new Error(parsed.errors.map(formatProblem).join('\n'))
  return parsed.config
}

t.test('references are replaced inside texts', async (t) => {
  const config = configOf('listeners: [{ name: a, bind: "${HOST}:${PORT}" }]\nworkers: ${N}\nadmin: { token: "${TOKEN}" }')
  t.same(config.listeners[0]?.bind, ['10.0.0.1:8080'])
  t.equal(config.workers, 3)
  t.equal(config.admin?.token, '12345')
})

t.test('a default is for what is missing or empty', async (t) => {
  t.equal(configOf('via: ${NOPE:-a}').via, 'a')
  t.equal(configOf('via: ${EMPTY:-b}').via, 'b')
  t.equal(configOf('via: ${_X:-c}').via, 'x')
  t.equal(configOf('drain: { timeout: "${NOPE:-5s}" }').drain.timeout, 5000)
})

t.test('what is missing is one error, where it stands', async (t) => {
  t.same(errorsOf('workers: ${NOPE}'), ['f:1:10: the environment variable NOPE is not set'])
  t.same(errorsOf('trustedProxies:\n  - ${A}\n  - ${B}'), [
    'f:2:5: the environment variable A is not set',
    'f:3:5: the environment variable B is not set',
  ])
})

t.test('an inherited property is no variable', async (t) => {
  t.same(
    'errors' in parseConfig([{ name: 'f', text: 'via: ${X}' }], { env: Object.create({ X: 'a' }) }) && 'refused',
    'refused',
  )
})

t.test('what looks like a reference and is none', async (t) => {
  t.same(errorsOf('via: ${PORT-1}'), ['f:1:6: "${PORT-1}" is not understood: expected ${NAME} or ${NAME:-default}'])
  t.same(errorsOf('via: ${Port}'), ['f:1:6: "${Port}" is not understood: expected ${NAME} or ${NAME:-default}'])
})

t.test('templates stay as they are', async (t) => {
  const config = configOf(`
listeners: [{ name: a, bind: "127.0.0.1:0" }]
upstreams: { u: { discovery: { static: ["a:1"] } } }
routes: [{ name: r, to: u, match: [{ query: { q: "\${request.path} \${N}" } }] }]`)
  t.same(config.routes[0]?.match[0]?.query, [{ name: 'q', match: { type: 'exact', value: '${request.path} 3' } }])
})

t.test('what a variable holds is text and never more', async (t) => {
  const parsed = parseConfig([{ name: 'f', text: 'via: ${V}' }], { env: { V: 'a\nworkers: 1 ${N}' } })
  t.match('errors' in parsed && parsed.errors, [{ line: 1, column: 6, message: /is not a pseudonym/ }])
})
