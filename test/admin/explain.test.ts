// POST /explain: what is asked of the gateway, and how its answers and refusals reach the caller.

import t, { type Test } from 'tap'
import type { ExplainRequest } from '../../src/model/explanation.ts'
import { startAdmin } from './fixture.ts'

const EXPLANATION = {
  listener: 'web',
  route: null,
  upstream: null,
  endpoint: null,
  considered: [],
  filters: [],
  endpoints: [],
  answer: { status: 404, reason: 'no-route' },
  notes: [],
}

async function ask(t: Test, body: string) {
  const { url, state } = await startAdmin(t)
  const asked: ExplainRequest[] = []
  state.explain = async (request) => {
    asked.push(request)
    if (request.url === '/nobody') throw new Error('no worker serves')
    return request.listener === 'x' ? { refused: 'there is no listener "x"' } : { explanation: EXPLANATION }
  }
  const response = await fetch(`${url}/explain`, { method: 'POST', body })
  return { asked, status: response.status, said: await response.json() }
}

t.test('the request as written', async (t) => {
  const body = { url: 'http://a/', headers: { 'x-a': '1', 'x-b': ['2', '3'] }, seed: 4 }
  const headers = [
    ['x-a', '1'],
    ['x-b', '2'],
    ['x-b', '3'],
  ]
  t.same(await ask(t, JSON.stringify(body)), {
    asked: [{ method: 'GET', url: 'http://a/', headers, listener: null, client: null, seed: 4 }],
    status: 200,
    said: EXPLANATION,
  })
})

t.test('what cannot be asked', async (t) => {
  for (const body of [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"url": 1}',
    '{"url":"http://a/","method":5}',
    '{"url":"http://a/","x":1}',
  ])
    t.match(await ask(t, body), { asked: [], status: 400, said: { code: 'bad-request' } }, body)
  for (const more of ['"headers":[]', '"headers":{"a":1}', '"listener":1', '"client":1', '"seed":1.5'])
    t.match(await ask(t, `{"url":"http://a/",${more}}`), { asked: [], status: 400 }, more)
  t.match(await ask(t, '{"url":"http://a/","listener":"x"}'), { status: 400, said: { detail: 'there is no listener "x"' } })
})

t.test('nobody there to ask', async (t) => {
  t.match(await ask(t, '{"url":"/nobody"}'), { status: 503, said: { code: 'unavailable', detail: 'no worker serves' } })
})
