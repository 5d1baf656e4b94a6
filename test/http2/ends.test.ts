// How HTTP/2 connections end: by drain, by reload, by the client.

import t from 'tap'
import { configOf } from '../support/gateway.ts'
import { ERRORS, FRAME, frame, uint32 } from '../support/http2-frames.ts'
import { post, request } from '../support/http2-raw.ts'
import { http2Scene } from '../support/http2-scene.ts'

http2Scene('drain: one GOAWAY, what runs is finished', {}, async (t, { client, gateway, endpoint }) => {
  const answers: (() => void)[] = []
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') answers.push(() => connection.answer('ok'))
  }
  const h2 = await client()
  const idle = await client()
  await idle.roundTrip()
  const [one, two] = [h2.headers(request()), h2.headers(request())] as [number, number]
  await h2.until('both at the endpoint', () => answers.length === 2)
  const drained = gateway.gateway.drain()
  await h2.until('GOAWAY', () => h2.goaways.length > 0)
  const late = h2.headers(request())
  await h2.roundTrip()
  for (const answer of answers) answer()
  t.equal(await h2.outcome(one), '200')
  t.equal(await h2.outcome(two), '200')
  await h2.until('the end', () => h2.closed)
  t.same(h2.goaways, [{ code: 0, last: two }])
  t.same(
    h2.frames.filter(({ stream }) => stream === late),
    [],
    'a later one was not looked at',
  )
  t.equal(answers.length, 2)
  await idle.until('the end of the idle one', () => idle.closed)
  t.same(idle.goaways, [{ code: 0, last: 0 }])
  h2.destroy()
  idle.destroy()
  await drained
})

http2Scene('a listener that goes', { endpoints: 1 }, async (t, { client, gateway, endpoint }) => {
  const answers: (() => void)[] = []
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') answers.push(() => connection.answer('ok'))
  }
  const h2 = await client()
  const id = h2.headers(request())
  await h2.until('it at the endpoint', () => answers.length === 1)
  await gateway.apply(configOf([endpoint.address], { listener: { name: 'other', bind: '127.0.0.1:0' } }))
  await h2.until('GOAWAY', () => h2.goaways.length > 0)
  answers[0]?.()
  t.equal(await h2.outcome(id), '200')
  await h2.until('the end', () => h2.closed)
  t.pass()
})

http2Scene('a reload that keeps it', {}, async (t, { client, gateway, endpoint }) => {
  const h2 = await client()
  t.equal(await h2.outcome(h2.headers(request())), '200')
  await gateway.apply(configOf([endpoint.address], { route: { match: [{ path: { exact: '/new' } }] } }))
  t.equal(await h2.outcome(h2.headers(request())), '404')
  t.equal(await h2.outcome(h2.headers(request({ ':path': '/new' }))), '200')
  t.same(h2.goaways, [])
})

http2Scene("the client's FIN", {}, async (t, { client, endpoint, gateway }) => {
  endpoint.script = () => {}
  const h2 = await client()
  h2.headers(request())
  await endpoint.request()
  h2.socket.end()
  await h2.until('the endpoint to be let go', () => endpoint.open.length === 0)
  t.equal(await gateway.metric('requests_total', { code: '499' }), 1)
})

http2Scene("the client's FIN, and it still reads", { listener: { clientClose: 'answer' } }, async (t, { client, endpoint }) => {
  let answer = (): void => {}
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') answer = () => connection.answer('ok')
  }
  const h2 = await client({ polite: false })
  const id = h2.headers(request())
  await endpoint.request()
  h2.socket.end()
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.equal(endpoint.open.length, 1)
  answer()
  t.equal(await h2.outcome(id), '200')
  await h2.until('the end', () => h2.closed)
})

http2Scene("the client's GOAWAY", {}, async (t, { client, endpoint }) => {
  let answer = (): void => {}
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') answer = () => connection.answer('ok')
  }
  const h2 = await client()
  const id = h2.headers(request())
  await endpoint.request()
  h2.send(frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(ERRORS.NO_ERROR)])))
  await new Promise((resolve) => setTimeout(resolve, 20))
  answer()
  t.equal(await h2.outcome(id), '200')
  const other = await client()
  other.headers(post(), 0)
  await other.roundTrip()
  other.send(frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(ERRORS.INTERNAL_ERROR)])))
  await other.until('the end', () => other.closed)
})

t.end()
