// How the dashboard cuts its stream into events.

import t from 'tap'
import { EventParser } from '../../src/admin/dashboard/stream.ts'

const TEXT =
  'retry: 2000\n\nevent: start\ndata: {"a": "b: c"}\n\nevent: tick\ndata: {}\n\ndata: x\n\nevent: unfinished\ndata: {'

t.test('wherever the pieces end', async (t) => {
  const whole = new EventParser().push(TEXT)
  t.same(whole, [
    { event: 'start', data: '{"a": "b: c"}' },
    { event: 'tick', data: '{}' },
    { event: 'message', data: 'x' },
  ])
  for (let size = 1; size < 40; size++) {
    const parser = new EventParser()
    const events = []
    for (let at = 0; at < TEXT.length; at += size) events.push(...parser.push(TEXT.slice(at, at + size)))
    t.same(events, whole, `pieces of ${size}`)
  }
})

t.test('a large event in small pieces', async (t) => {
  const parser = new EventParser()
  const piece = 'x'.repeat(1000)
  parser.push('data: ')
  let early = 0
  for (let i = 0; i < 20_000; i++) early += parser.push(piece).length
  t.equal(early, 0)
  const [event] = parser.push('\n\n')
  t.equal(event?.data.length, 20_000_000)
})
