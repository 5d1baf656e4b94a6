// TLS with workers: certificates whose files are replaced under load, and sessions that any worker resumes.

import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startGateway, until } from '../supervisor/gateway-process.ts'
import { authority, type Issued } from '../support/certificates.ts'
import { secureClient } from '../support/secure-client.ts'

const ca = authority(t)
const issued = Array.from({ length: 4 }, (_, i) => ca.issue({ commonName: `life ${i}`, sans: ['DNS:a.test'] }))

async function start(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-tls-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [cert, key] = [join(folder, 'site.pem'), join(folder, 'site.key')]
  const put = async (next: Issued): Promise<void> => {
    await copyFile(next.certFile, cert)
    await copyFile(next.keyFile, key)
  }
  await put(issued[0] as Issued)
  const gateway = await startGateway(t, {
    workers: 2,
    admin: { bind: '127.0.0.1:0' },
    listeners: [{ name: 'web', bind: '127.0.0.1:0', protocol: 'https', tls: { certificates: [{ cert, key }] } }],
    routes: [{ name: 'all', filters: [{ respond: { body: 'hi' } }] }],
  })
  return { gateway, put, cert, port: Number(new URL(gateway.url('/')).port) }
}

t.test('new files under load: every handshake succeeds, and soon shows the new certificate', async (t) => {
  const { gateway, put, cert, port } = await start(t)
  const stays = await secureClient(t, port, { servername: 'a.test' })
  const failed: string[] = []
  let running = true
  let shown = ''
  let shaken = 0
  const load = Array.from({ length: 4 }, async () => {
    while (running) {
      try {
        const { client, tls } = await secureClient(t, port, { servername: 'a.test' })
        if ((await client.ask('GET /', ['host: a.test'])).status !== 200) failed.push('status')
        shown = String(tls.getPeerCertificate().subject.CN)
        client.destroy()
        shaken++
      } catch (error) {
        failed.push((error as Error).message)
      }
    }
  })
  for (const [i, next] of issued.entries()) {
    await put(next)
    await until(() => shown === `life ${i}`)
    const before = shaken
    await until(() => shaken > before + 20)
  }
  // A certificate without its key changes nothing.
  await copyFile((issued[0] as Issued).certFile, cert)
  await gateway.until(() => gateway.said('is not the key of') > 0)
  const before = shaken
  await until(() => shaken > before + 20)
  t.equal(shown, 'life 3')
  running = false
  await Promise.all(load)
  t.strictSame(failed, [])
  t.equal((await stays.client.ask('GET /', ['host: a.test'])).status, 200, 'who was connected still is')
  const metrics = await (await fetch(gateway.url('/metrics', 'admin'))).text()
  t.match(metrics, new RegExp(`^headgate_certificate_expiry_timestamp_seconds\\{certificate="${cert}"\\} \\d+$`, 'm'))
  const config = await (await fetch(gateway.url('/config', 'admin'))).text()
  t.match(config, cert)
  t.notMatch(config, /PRIVATE KEY/)
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${maxVersion}: any worker resumes`, async (t) => {
    const { port } = await start(t)
    const options = { servername: 'a.test', maxVersion }
    const first = await secureClient(t, port, options)
    await first.client.ask('GET /', ['host: a.test'])
    const session = first.session as Buffer
    let reused = 0
    for (let i = 0; i < 20; i++) {
      const { tls, client } = await secureClient(t, port, { ...options, session })
      if (tls.isSessionReused()) reused++
      client.destroy()
    }
    t.equal(reused, 20)
  })
}
