// What a plugin's mistakes come to: throws, promises, time.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startWithPlugin } from '../support/plugin-gateway.ts'

async function withHooks(t: Test, hooks: string, use: object = {}) {
  const file = join(t.testdir({}), 'p.ts')
  writeFileSync(file, `export default { name: 'p', ${hooks} }\n`)
  const logged: { message: string; fields: Record<string, unknown> }[] = []
  const started = await startWithPlugin(t, file, { name: 'p', ...use }, {}, (_level, message, fields = {}) => {
    logged.push({ message, fields })
  })
  const metric = async (name: string) => {
    const text = await started.gateway.metrics()
    return Number(new RegExp(`^headgate_${name}{plugin="p"} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  }
  return { ...started, logged, metric, file }
}

const BAD = { status: 500, headers: { 'x-headgate-reason': 'plugin-error' } }

t.test('a throw: closed', async (t) => {
  const { ask, logged, metric, file } = await withHooks(t, `onRequest() {\nthrow new Error('secret') }`)
  const answer = await ask('/')
  t.match(answer, { ...BAD, seen: null })
  t.notMatch(answer.body, /secret/, 'the client is not told what')
  await ask('/')
  t.equal(await metric('plugin_errors_total'), 2)
  t.equal(logged.length, 1, 'one of many is told')
  t.match(logged, [{ message: 'a plugin made a mistake', fields: { plugin: 'p', hook: 'onRequest' } }])
  t.match(logged[0]?.fields.error, `Error: secret\n    at Object.onRequest (${file}:2:7)`)
  t.equal(await metric('plugin_duration_seconds_count'), 2)
})

t.test('a throw: open, as if it had done nothing', async (t) => {
  const { ask, metric } = await withHooks(
    t,
    `onRequest({ request }) { request.headers.set('x-a', 'half'); request.path = '/half'; throw 1 },
    onResponse({ response }) { response.headers.set('x-a', 'half'); response.status = 201; throw null }`,
    { onError: 'open' },
  )
  const answer = await ask('/whole')
  t.match(answer, { status: 200, seen: { url: '/whole' } })
  t.notOk(answer.seen?.headers['x-a'])
  t.notOk(answer.headers['x-a'])
  t.equal(await metric('plugin_errors_total'), 2)
})

t.test('throws of the other hooks', async (t) => {
  const { ask, metric } = await withHooks(t, `onResponse() { throw new Error('a') }, onEnd() { throw new Error('b') }`)
  t.match(await ask('/'), BAD)
  t.match(await ask('/'), BAD, 'the next one is served all the same')
  t.equal(await metric('plugin_errors_total'), 4)
})

t.test('a promise', async (t) => {
  const { ask } = await withHooks(
    t,
    `async: true, async onRequest(exchange) {
      await new Promise((resolve) => setImmediate(resolve))
      exchange.request.headers.set('x-a', 'later')
      if (exchange.request.path === '/no') return exchange.respond({ status: 403 })
      if (exchange.request.path === '/bad') throw new Error('late')
    }`,
    { budget: '30s' },
  )
  t.match(await ask('/'), { status: 200, seen: { headers: { 'x-a': 'later' } } })
  t.match(await ask('/no'), { status: 403, seen: null })
  t.match(await ask('/bad'), { ...BAD, seen: null })
})

t.test('a promise that nobody waits for', async (t) => {
  const { ask, logged } = await withHooks(t, `onRequest() { return Promise.reject(new Error('x')) }`)
  t.match(await ask('/'), BAD)
  t.match(logged[0]?.fields.error, /write "async: true" beside the hooks/)
})

t.test('a promise that takes longer than its budget', async (t) => {
  const hooks = `async: true, async onRequest(exchange) {
    await new Promise((resolve) => globalThis.release = resolve)
    try { exchange.request.headers.set('x-a', 'too late') } catch (error) { globalThis.refused = error.message }
  }`
  const holder = globalThis as { release?: () => void; refused?: string }
  const closed = await withHooks(t, hooks, { budget: '1ms' })
  t.match(await closed.ask('/'), { ...BAD, seen: null })
  t.match(closed.logged[0]?.fields.error, /it took longer than 1 ms/)
  t.equal(await closed.metric('plugin_errors_total'), 1)
  const open = await withHooks(t, hooks, { budget: '1ms', onError: 'open' })
  const answer = await open.ask('/')
  t.match(answer, { status: 200 })
  t.notOk(answer.seen?.headers['x-a'])
  holder.release?.()
  await new Promise((resolve) => setImmediate(resolve))
  t.match(holder.refused, /this cannot be changed any more/, 'and changes nothing afterwards')
})

t.test('a hook that takes longer than its budget in one go', async (t) => {
  const spin = `onRequest() { const end = performance.now() + 5; while (performance.now() < end); }`
  const { ask, metric, logged } = await withHooks(t, spin, { budget: '1ms' })
  t.match(await ask('/'), { status: 200 }, 'it cannot be interrupted')
  t.equal(await metric('plugin_over_budget_total'), 1)
  t.equal(await metric('plugin_errors_total'), 0)
  t.match(logged, [{ message: 'a plugin made a mistake', fields: { hook: 'onRequest' } }])
})
