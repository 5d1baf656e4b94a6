// The process's own log, also when somebody else's words get into it.

import t from 'tap'
import { createLog } from '../../src/telemetry/log.ts'

const clock = { now: () => 0, wall: () => 0 }
/** A line feed, colours, one character that begins a command, a mark that turns the direction of writing. */
const HOSTILE = 'a\nb\u001b[31m\u009bc\u202e"'

for (const format of ['json', 'text'] as const) {
  t.test(`${format}: nothing ends a line or reaches a terminal`, async (t) => {
    const lines: string[] = []
    const log = createLog({ level: 'info', format }, clock, (line) => lines.push(line))
    log.write('error', `message ${HOSTILE}`, { [format]: HOSTILE, plain: 'a\u001bb', list: [HOSTILE], none: undefined, é: 'é' })
    t.equal(lines.length, 1)
    const [line = ''] = lines
    t.ok(line.endsWith('\n'))
    t.notMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}]/u)
    if (format === 'json') t.match(JSON.parse(line), { message: `message ${HOSTILE}`, json: HOSTILE, list: [HOSTILE] })
    else t.match(line, / plain="a\\u001bb" list=\["a\\nb/)
  })
}

t.test('text: what is plain stands without quotes', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'warn', format: 'text' }, clock, (line) => lines.push(line), { worker: 7 })
  log.write('info', 'not told')
  log.write('warn', 'told', { file: '/a/b.yaml', text: 'a b' })
  t.same(lines, ['1970-01-01T00:00:00.000Z WARN  told worker=7 file=/a/b.yaml text="a b"\n'])
})
