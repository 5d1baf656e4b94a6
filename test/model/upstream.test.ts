// Places at an upstream: limits, the queue, and room for connections.

import t from 'tap'
import type { Connector } from '../../src/model/connection.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { Upstream, type UpstreamSettings, Waiting } from '../../src/model/upstream.ts'

const SETTINGS: UpstreamSettings = {
  host: 'preserve',
  connection: { connectTimeout: 1, keepAlive: null, maxIdlePerEndpoint: 1, maxRequests: null, tcpKeepAlive: null },
  limits: { connections: 10, pending: 3, requests: 2 },
  maxRequests: 2,
  maxConnections: 10,
  maxPending: 3,
  pendingTimeout: 1000,
}

const make = (changes: Partial<UpstreamSettings> = {}) => new Upstream('u', { ...SETTINGS, ...changes }, { pick: () => null })

class Named extends Waiting {
  readonly #name: number
  readonly #log: number[]

  constructor(name: number, log: number[]) {
    super()
    this.#name = name
    this.#log = log
  }

  override admitted(): void {
    this.#log.push(this.#name)
  }

  override dismissed(): void {
    this.#log.push(-this.#name)
  }

  override onDeadline(): void {}
}

t.test('requests and connections limit what runs', async (t) => {
  for (const limits of [{ maxRequests: 2 }, { maxRequests: 10, maxConnections: 2 }]) {
    const upstream = make(limits)
    t.strictSame([upstream.admit(), upstream.admit(), upstream.admit()], [true, true, false])
    upstream.release()
    t.equal(upstream.counters.inFlight, 1)
    t.equal(upstream.admit(), true)
  }
})

t.test('who waits is admitted in order, and before who comes later', async (t) => {
  const upstream = make()
  const log: number[] = []
  upstream.admit()
  upstream.admit()
  for (const name of [1, 2, 3]) t.equal(upstream.enqueue(new Named(name, log)), true)
  t.equal(upstream.enqueue(new Named(4, log)), false, 'the queue is full')
  t.equal(upstream.counters.pending, 3)
  upstream.release()
  t.strictSame(log, [1])
  t.equal(upstream.counters.inFlight, 2)
  t.equal(upstream.admit(), false)
  upstream.release()
  upstream.release()
  t.strictSame(log, [1, 2, 3])
  t.equal(upstream.counters.pending, 0)
})

t.test('who leaves the queue is not admitted', async (t) => {
  const upstream = make()
  const log: number[] = []
  upstream.admit()
  upstream.admit()
  const waiting = [1, 2, 3].map((name) => new Named(name, log))
  for (const one of waiting) upstream.enqueue(one)
  upstream.dequeue(waiting[1] as Named)
  upstream.dequeue(waiting[1] as Named)
  t.equal(upstream.counters.pending, 2)
  upstream.release()
  upstream.dequeue(waiting[0] as Named)
  t.equal(upstream.counters.pending, 1, 'who has been admitted does not wait any more')
  upstream.release()
  t.strictSame(log, [1, 3])
})

t.test('a long queue keeps its order and does not grow for ever', async (t) => {
  const upstream = make({ maxRequests: 1, maxPending: 1000 })
  const log: number[] = []
  upstream.admit()
  let next = 0
  for (; next < 500; next++) upstream.enqueue(new Named(next, log))
  for (; next < 5000; next++) {
    upstream.release()
    upstream.enqueue(new Named(next, log))
  }
  while (upstream.counters.pending > 0) upstream.release()
  t.strictSame(
    log,
    Array.from({ length: 5000 }, (_, i) => i),
  )
  upstream.release()
  t.equal(upstream.counters.inFlight, 0)
})

t.test('idle connections make room only when the limit is reached', async (t) => {
  const upstream = make({ maxConnections: 3 })
  const closed: string[] = []
  const connector = (name: string, idle: number): Connector => {
    let left = idle
    return {
      send: () => {
        throw new Error('not here')
      },
      closeOneIdle() {
        if (left === 0) return false
        left--
        closed.push(name)
        return true
      },
      retire: () => {},
    }
  }
  upstream.connectors = new Map([
    [new Endpoint('a'), connector('a', 0)],
    [new Endpoint('b'), connector('b', 2)],
  ])
  upstream.counters.connectionsActive = 1
  upstream.counters.connectionsIdle = 1
  upstream.makeRoom()
  t.strictSame(closed, [])
  upstream.counters.connectionsIdle = 2
  upstream.makeRoom()
  t.strictSame(closed, ['b'])
})

t.test('a part of the limits that changes', async (t) => {
  const upstream = make({ maxRequests: 4 })
  const asked: string[] = []
  upstream.onNeed = (name) => asked.push(name)
  const log: number[] = []
  for (let i = 0; i < 4; i++) upstream.admit()
  upstream.takeQuota({ connections: 10, pending: 1, requests: 2 })
  t.equal(upstream.admit(), false)
  upstream.enqueue(new Named(1, log))
  upstream.release()
  t.strictSame([asked, log], [[], []], 'one too many runs still')
  upstream.release()
  t.strictSame([asked, log], [['u'], []], 'what was lent is back')
  upstream.release()
  t.strictSame([asked, log], [['u'], [1]])
  upstream.takeQuota({ connections: 10, pending: 1, requests: 3 })
  t.equal(upstream.admit(), true)
})

t.test('without any part one may wait for one, and says so', async (t) => {
  const upstream = make({ maxRequests: 0, maxPending: 0 })
  const asked: string[] = []
  upstream.onNeed = (name) => asked.push(name)
  const log: number[] = []
  t.equal(upstream.enqueue(new Named(1, log)), true)
  t.equal(upstream.enqueue(new Named(2, log)), false)
  t.strictSame(asked, ['u'])
  upstream.takeQuota({ connections: 1, pending: 0, requests: 1 })
  t.strictSame(log, [1])
  t.equal(upstream.enqueue(new Named(3, log)), false, 'with one nobody is to wait')
})

t.test('what it needs: ran, waited and was refused at the worst moment of the last second and this one', async (t) => {
  const upstream = make({ maxRequests: 4, maxPending: 2 })
  t.equal(upstream.takeNear(), false, 'nothing')
  upstream.admit()
  upstream.admit()
  t.equal(upstream.takeNear(), false, '2 of 4')
  upstream.admit()
  upstream.release()
  t.equal(upstream.takeNear(), true, '3 of 4')
  t.equal(upstream.need, 3)
  for (let i = 0; i < 2; i++) upstream.admit()
  for (let i = 0; i < 5; i++) upstream.enqueue(new Named(i, []))
  t.equal(upstream.need, 4 + 2 + 3)
  for (let i = 0; i < 6; i++) upstream.release()
  t.equal(upstream.takeNear(), true)
  t.equal(upstream.need, 9, 'that was just before')
  upstream.takeNear()
  t.equal(upstream.need, 0)
})

t.test('a smaller part closes idle connections', async (t) => {
  const upstream = make({ maxConnections: 10 })
  const connector: Connector = {
    send: () => {
      throw new Error('not here')
    },
    closeOneIdle() {
      if (upstream.counters.connectionsIdle === 0) return false
      upstream.counters.connectionsIdle--
      return true
    },
    retire: () => {},
  }
  upstream.connectors = new Map([[new Endpoint('a'), connector]])
  upstream.counters.connectionsActive = 2
  upstream.counters.connectionsIdle = 5
  upstream.takeQuota({ connections: 4, pending: 1, requests: 4 })
  t.equal(upstream.counters.connectionsIdle, 2)
  upstream.takeQuota({ connections: 1, pending: 1, requests: 1 })
  t.equal(upstream.counters.connectionsIdle, 0)
})

t.test('who is dismissed has left the queue', async (t) => {
  const upstream = make({ maxRequests: 1, maxPending: 10 })
  const log: number[] = []
  upstream.admit()
  for (let i = 1; i <= 4; i++) upstream.enqueue(new Named(i, log))
  upstream.release()
  t.strictSame(log, [1])
  upstream.dismissWaiting()
  t.strictSame(log, [1, -2, -3, -4])
  t.equal(upstream.counters.pending, 0)
  upstream.enqueue(new Named(5, log))
  upstream.release()
  t.strictSame(log, [1, -2, -3, -4, 5])
})
