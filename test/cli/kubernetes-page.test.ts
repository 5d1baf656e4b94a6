// docs/tasks/inspect-kubernetes.md says what is printed.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { explain } from '../../src/cli/explain.ts'

t.test('docs/tasks/inspect-kubernetes.md', async (t) => {
  const page = readFileSync(new URL('../../docs/tasks/inspect-kubernetes.md', import.meta.url), 'utf8')
  const objects = /```yaml\n(# shop.yaml\n.*?)```/s.exec(page)?.[1] as string
  const file = join(t.testdir({}), 'shop.yaml')
  writeFileSync(file, objects)
  const shown = /```text\n(GET http.*?)```/s.exec(page)?.[1]
  let out = ''
  const io = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => t.fail(text),
    env: {},
  }
  t.equal(await explain(['--kubernetes', '-f', file, 'GET', 'http://shop.example.com/api/1'], io), 0)
  t.equal(out.replaceAll(file, 'shop.yaml'), shown)
})
