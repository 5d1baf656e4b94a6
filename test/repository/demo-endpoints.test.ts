import http from 'node:http'
import t from 'tap'
import { startDemoEndpoint } from '../../scripts/demo-endpoints.ts'

interface Answer {
  readonly status: number
  readonly body: string
}

function get(port: number, path: string): Promise<Answer | 'reset'> {
  return new Promise((resolve) => {
    const request = http.get({ port, path, host: '127.0.0.1', headers: { 'x-a': 'b' }, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', () => resolve('reset'))
  })
}

t.test('answers with who it is and what it was asked', async (t) => {
  const endpoint = await startDemoEndpoint('one', 0)
  t.teardown(() => endpoint.close())
  const answer = (await get(endpoint.port, '/a?b=c')) as Answer
  t.equal(answer.status, 200)
  t.match(JSON.parse(answer.body), { endpoint: 'one', turn: 1, method: 'GET', path: '/a?b=c', headers: { 'x-a': 'b' } })
})

t.test('fails as it is told', async (t) => {
  const endpoint = await startDemoEndpoint('flaky', 0, (turn) => (turn === 1 ? 'unavailable' : 'reset'))
  t.teardown(() => endpoint.close())
  t.match(await get(endpoint.port, '/'), { status: 503 })
  t.equal(await get(endpoint.port, '/'), 'reset')
})

t.test('a taken port is an error', async (t) => {
  const endpoint = await startDemoEndpoint('one', 0)
  t.teardown(() => endpoint.close())
  await t.rejects(startDemoEndpoint('two', endpoint.port), { code: 'EADDRINUSE' })
})
