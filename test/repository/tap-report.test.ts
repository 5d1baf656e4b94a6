import t from 'tap'
import { TapReport } from '../../scripts/tap-report.ts'

function report(text: string): { said: string[]; report: TapReport } {
  const said: string[] = []
  const made = new TapReport((line) => said.push(line))
  for (const line of text.split('\n')) made.line(line)
  made.end()
  return { said, report: made }
}

const RUN = `TAP version 14
# Subtest: test/a.test.ts
    ok 1 - fine
    1..1
ok 1 - test/a.test.ts # time=5ms

# Subtest: test/b.test.ts
    # Subtest: inner
        ok 1 - fine
        not ok 2 - one is two
          ---
          diff: |
            -2
          ...
        1..2
    not ok 1 - inner # time=3ms
    1..1
not ok 2 - test/b.test.ts # time=7ms

1..2
# { total: 4, pass: 2, fail: 1, skip: 1 }
# time=20ms`

t.test('one line for each file, failures with their diagnostics, and the counts of tap', async (t) => {
  const { said, report: made } = report(RUN)
  t.strictSame(made.counts, { passed: 2, failed: 1, skipped: 1 })
  t.equal(made.files, 2)
  t.equal(said[0], 'ok      test/a.test.ts  5ms')
  t.equal(said.at(-1), 'FAILED  test/b.test.ts  7ms')
  t.ok(said.some((line) => line.includes('not ok 2 - one is two')))
  t.ok(said.some((line) => line.includes('-2')))
  t.notOk(said.some((line) => line.includes('fine')))
})

t.test('a run that was cut has no counts', async (t) => {
  t.equal(report(RUN.slice(0, RUN.indexOf('# { total'))).report.counts, null)
})
