import t from 'tap'
import { takenByPort } from '../../bench/faults/kernel-queues.ts'

const row = (local: number, remote: number, state: string, sending: number, unread: number): string => {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0')
  const queues = `${hex(sending, 8)}:${hex(unread, 8)}`
  return `   1: 0100007F:${hex(local, 4)} 0100007F:${hex(remote, 4)} ${state} ${queues} 00:00000000 00000000  0  0 12345 1`
}

t.test('what the kernel holds for clients of a port, at both ends', async (t) => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row(8080, 50_001, '01', 1000, 3),
    row(50_001, 8080, '01', 5, 200),
    row(50_002, 8080, '08', 0, 70),
    row(8080, 0, '0A', 0, 9),
    row(9090, 50_001, '01', 1, 1),
    '',
  ].join('\n')
  t.same(
    [...takenByPort(8080, text)],
    [
      [50_001, 1200],
      [50_002, 70],
    ],
  )
})

t.end()
