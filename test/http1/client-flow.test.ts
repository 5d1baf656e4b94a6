import type { Socket } from 'node:net'
import t from 'tap'
import { ClientFlow } from '../../src/http1/client-flow.ts'
import { takeSlab } from '../../src/http1/read-buffer.ts'
import type { ConnectionContext, ListenerRef } from '../../src/model/client-connection.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { fakeListener } from '../support/fake-exchange.ts'

const clock = { now: () => 0, wall: () => 0 }

/** A connection whose socket takes as much at once as it is told. */
class Flow extends ClientFlow {
  readonly clockwork: Deadlines
  constructor(deadlines: Deadlines) {
    const socket = { writableNeedDrain: false, writableLength: 0 } as Socket
    super(socket, { current: fakeListener({}), sharing: null } as ListenerRef, { deadlines } as ConnectionContext)
    this.clockwork = deadlines
  }
  onDeadline(): void {}
  writes(bytes: number, atOnce: boolean): void {
    Object.assign(this.socket, { writableNeedDrain: !atOnce })
    this.checkCongestion(bytes)
  }
  drains(afterMs: number): void {
    this.clockwork.now += afterMs
    Object.assign(this.socket, { writableNeedDrain: false })
    this.noteDrained()
  }
}

const flow = (): Flow => {
  const deadlines = new Deadlines(clock)
  deadlines.now = 5000
  return new Flow(deadlines)
}

t.test('who is quick: a client that has taken 256 KiB at once, or what waited within a second', async (t) => {
  const client = flow()
  t.equal(client.quick, false, 'nothing is known of a new one')
  for (let i = 0; i < 7; i++) client.writes(32 * 1024, true)
  t.equal(client.quick, false)
  client.writes(32 * 1024, true)
  t.equal(client.quick, true)
  client.writes(32 * 1024, false)
  t.equal(client.quick, true, 'until it is known')
  client.drains(1000)
  t.equal(client.quick, false)
  client.writes(32 * 1024, false)
  client.drains(950)
  t.equal(client.quick, true)
})

t.test('others get small pieces', async (t) => {
  t.equal(takeSlab(false).length, 32 * 1024)
  t.equal(takeSlab(true).length, 96 * 1024)
})

t.end()
