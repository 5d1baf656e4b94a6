// Corpus XF-01 and XF-02 against a whole gateway: nobody is believed who is not trusted, and then only as far as the last
// untrusted address.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createGateway } from '../../src/index.ts'
import { TRUSTED, UNTRUSTED } from './cases/forwarded.ts'
import { Lab } from './lab.ts'
import { openLab } from './open-lab.ts'

t.test('XF-01 what an untrusted peer says is replaced', async (t) => {
  const lab = await openLab(t)
  await lab.runAll(t, UNTRUSTED)
})

t.test('XF-02 the client is the right-most untrusted address', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-corpus-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'access.log')
  const lab = new Lab({
    gateway: (config) => createGateway(config),
    top: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'], accessLog: { file, format: 'json' } },
  })
  await lab.open()
  for (const entry of TRUSTED) t.strictSame(await lab.run(entry), [], `${entry.id} ${entry.name}`)
  await lab.close()
  const clients = new Map<string, string>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const { path, client } = JSON.parse(line) as { path: string; client: string }
    clients.set(path, client)
  }
  for (const entry of TRUSTED) {
    const client = clients.get(entry.bytes.split(' ')[1] ?? '') ?? 'nobody'
    t.ok(entry.client.includes(client), `${entry.id} the client is ${client}`)
  }
})
