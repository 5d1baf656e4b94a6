// Session resumption, client certificates, and changes of certificates while clients come and go.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import { randomUUID, X509Certificate } from 'node:crypto'
import { connect as connectHttp2 } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { authority, type Issued } from '../support/certificates.ts'
import { configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { type SecureClient, secureClient } from '../support/secure-client.ts'
import { until } from '../support/until.ts'

const ca = authority(t)
const clients = authority(t, 'client authority')
const others = authority(t, 'another client authority')
const [a, b, c] = ['a', 'b', 'c'].map((name) => ca.issue({ sans: [`DNS:${name}.test`] })) as [Issued, Issued, Issued]
const alice = clients.issue({
  commonName: 'alice',
  sans: ['DNS:alice.clients.test', 'URI:spiffe://clients.test/a=b', 'email:a@b.test'],
})
const mallory = others.issue({ commonName: 'alice', sans: ['DNS:alice.clients.test'] })
const expired = clients.issue({ commonName: 'alice', days: -1 })

const pair = ({ certFile, keyFile }: Issued) => ({ cert: certFile, key: keyFile })

async function start(
  t: Test,
  listeners: readonly object[],
  top: object = {},
): Promise<{ gateway: TestGateway; endpoint: RawEndpoint }> {
  const endpoint = await startEndpoint(t)
  return { endpoint, gateway: await startGateway(t, configWith(endpoint, listeners, top)) }
}

const configWith = (endpoint: RawEndpoint, listeners: readonly object[], top: object = {}) =>
  configOf([endpoint.address], {
    top: { listeners: listeners.map((listener) => ({ bind: '127.0.0.1:0', protocol: 'https', ...listener })), ...top },
  })

/** A request, so that a ticket has come. */
async function ticketOf(seen: SecureClient, host: string): Promise<Buffer> {
  await seen.client.ask('GET /', [`host: ${host}`])
  await until('a ticket', () => seen.session !== null)
  return seen.session as Buffer
}

async function resumes(t: Test, port: number, session: Buffer, options: ConnectionOptions): Promise<boolean> {
  const { tls, client } = await secureClient(t, port, { ...options, session })
  const reused = tls.isSessionReused()
  client.destroy()
  return reused
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`sessions of ${maxVersion} go on where they began, and nowhere else`, async (t) => {
    const { gateway } = await start(t, [
      { name: 'web', hosts: ['a.test', 'b.test'], tls: { certificates: [a, b].map(pair) } },
      {
        name: 'strict',
        hosts: ['c.test'],
        tls: { certificates: [pair(c)], clientAuth: { mode: 'optional', ca: clients.certFile } },
      },
      { name: 'apart', bind: 'localhost:0', tls: { certificates: [a, b].map(pair) } },
    ])
    const { web, apart } = gateway.ports as { web: number; apart: number }
    const options = { servername: 'a.test', maxVersion }
    const session = await ticketOf(await secureClient(t, web, options), 'a.test')
    t.equal(await resumes(t, web, session, options), true, 'at home')
    t.equal(await resumes(t, web, session, { ...options, servername: 'b.test' }), false, 'for another name')
    t.equal(await resumes(t, web, session, { ...options, servername: 'c.test' }), false, 'with other client authentication')
    t.equal(await resumes(t, apart, session, options), false, 'at another listener')
    const anonymous = await ticketOf(await secureClient(t, web, { ...options, servername: 'c.test' }), 'c.test')
    t.equal(await resumes(t, web, anonymous, { ...options, servername: 'c.test' }), true)
    t.equal(await resumes(t, web, anonymous, options), false)
  })
}

t.test('a renewed certificate goes on with the sessions, another CA of clients does not', async (t) => {
  const listener = (issued: Issued, authority = clients) => [
    { name: 'web', tls: { certificates: [pair(issued)], clientAuth: { mode: 'optional', ca: authority.certFile } } },
  ]
  const { gateway, endpoint } = await start(t, listener(a))
  const first = await secureClient(t, gateway.port, { servername: 'a.test', cert: alice.cert, key: alice.key })
  const session = await ticketOf(first, 'a.test')
  const renewed = ca.issue({ sans: ['DNS:a.test'], commonName: 'renewed' })
  await gateway.apply(configWith(endpoint, listener(renewed)))
  t.equal(await resumes(t, gateway.port, session, { servername: 'a.test' }), true)
  const full = await secureClient(t, gateway.port, { servername: 'a.test' })
  t.match(full.tls.getPeerCertificate().subject, { CN: 'renewed' }, 'who shakes hands in full sees the new one')
  t.equal((await first.client.ask('GET /', ['host: a.test'])).status, 200, 'connections stay')
  await gateway.apply(configWith(endpoint, listener(renewed, others)))
  t.equal(await resumes(t, gateway.port, session, { servername: 'a.test' }), false)
})

const FILTER = {
  requestHeaders: { set: { 'x-tls': '${tls.version} ${tls.sni} [${tls.client.subject}] ${tls.client.fingerprint}' } },
}

t.test('client certificates', async (t) => {
  const withAuth = (mode: string) => ({ certificates: [pair(a)], clientAuth: { mode, ca: clients.certFile, forward: true } })
  const { gateway, endpoint } = await start(
    t,
    [
      { name: 'web', hosts: ['off.test'], tls: { certificates: [pair(a)] } },
      { name: 'optional', hosts: ['optional.test'], tls: withAuth('optional') },
      { name: 'require', hosts: ['require.test'], tls: withAuth('require') },
    ],
    { routes: [{ name: 'all', to: 'all', filters: [FILTER] }] },
  )
  const get = async (name: string, issued: Issued | null, version: 'TLSv1.2' | 'TLSv1.3') => {
    const shown = issued === null ? {} : { cert: issued.cert, key: issued.key }
    const path = `/${randomUUID()}`
    try {
      const { client } = await secureClient(t, gateway.port, { servername: name, maxVersion: version, ...shown })
      client.request(`GET ${path}`, [`host: ${name}`, 'x-forwarded-client-cert: Hash=00'])
      const { status } = await client.response()
      const { fields } = endpoint.requests.find(({ target }) => target === path) ?? { fields: {} as Record<string, string> }
      client.destroy()
      return { status, forwarded: fields['x-forwarded-client-cert'], said: fields['x-tls'] }
    } catch {
      return { status: 0 }
    }
  }
  const hash = new X509Certificate(alice.cert).fingerprint256.replaceAll(':', '').toLowerCase()
  const forwarded = `Hash=${hash};Subject="CN=alice";DNS=alice.clients.test;URI="spiffe://clients.test/a=b"`
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.strictSame(await get('off.test', alice, version), { status: 200, forwarded: undefined, said: `${version} off.test []` })
    for (const name of ['optional.test', 'require.test'])
      t.strictSame(
        await get(name, alice, version),
        { status: 200, forwarded, said: `${version} ${name} [CN=alice] ${hash}` },
        `${name} ${version}`,
      )
    t.strictSame(await get('optional.test', null, version), {
      status: 200,
      forwarded: undefined,
      said: `${version} optional.test []`,
    })
    t.strictSame(await get('require.test', null, version), { status: 0 }, `none ${version}`)
    for (const [what, issued] of Object.entries({ mallory, expired }))
      for (const name of ['optional.test', 'require.test'])
        t.strictSame(await get(name, issued, version), { status: 0 }, `${what} ${name} ${version}`)
  }
  t.ok((await gateway.metric('rejected_total', { reason: 'tls-handshake' })) >= 10)
  const { client } = await secureClient(t, gateway.port, { servername: 'off.test' })
  t.equal((await client.ask('GET /', ['host: require.test'])).status, 421, 'Host does not get around it')
})

t.test('client certificates that are asked for, and neither needed nor refused', async (t) => {
  const asking = (ca?: string) => ({ certificates: [pair(a)], clientAuth: { mode: 'request', forward: true, ca } })
  const said = { requestHeaders: { set: { 'x-said': '${tls.client.subject} ${tls.client.verified}' } } }
  const { gateway, endpoint } = await start(
    t,
    [
      { name: 'web', hosts: ['known.test'], tls: asking(clients.certFile) },
      { name: 'blind', hosts: ['blind.test'], tls: asking() },
    ],
    {
      routes: [
        { name: 'all', to: 'all', filters: [said] },
        { name: 'own', match: [{ path: { prefix: '/own' } }], to: 'all', filters: [{ clientCert: {} }] },
      ],
    },
  )
  const get = async (servername: string, issued: Issued | null, maxVersion: 'TLSv1.2' | 'TLSv1.3') => {
    const shown = issued === null ? {} : { cert: issued.cert, key: issued.key }
    const seen = await secureClient(t, gateway.port, { servername, maxVersion, ...shown })
    const lines = [`host: ${servername}`, 'x-forwarded-client-cert: Verified=true;Hash=00']
    t.equal((await seen.client.ask('GET /', lines)).status, 200)
    const { fields } = endpoint.requests.at(-1) as { fields: Record<string, string> }
    const own = (await seen.client.ask('GET /own', lines)).status
    if (issued !== null) {
      await until('a ticket', () => seen.session !== null)
      const again = await secureClient(t, gateway.port, { servername, maxVersion, session: seen.session as Buffer, ...shown })
      t.equal((await again.client.ask('GET /own', lines)).status, own, 'a session is no better')
      again.client.destroy()
    }
    seen.client.destroy()
    return [fields['x-forwarded-client-cert']?.replace(/Hash=[0-9a-f]{64};/, ''), fields['x-said']?.trim(), own]
  }
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const names = 'Subject="CN=alice";DNS=alice.clients.test'
    for (const name of ['known.test', 'blind.test']) t.strictSame(await get(name, null, version), [undefined, '', 403])
    const uri = ';URI="spiffe://clients.test/a=b"'
    t.strictSame(await get('known.test', alice, version), [`Verified=true;${names}${uri}`, 'CN=alice true', 200])
    t.strictSame(await get('known.test', mallory, version), [`Verified=false;${names}`, 'CN=alice false', 403])
    t.strictSame(await get('known.test', expired, version), ['Verified=false;Subject="CN=alice"', 'CN=alice false', 403])
    t.strictSame(await get('blind.test', alice, version), [`Verified=false;${names}${uri}`, 'CN=alice false', 403])
  }
})

t.test('each listener of an address has its own CA, and no request gets around it', async (t) => {
  const auth = (authority: typeof clients) => ({
    certificates: [pair(a)],
    clientAuth: { mode: 'require', ca: authority.certFile },
  })
  const { gateway } = await start(
    t,
    [
      { name: 'web', hosts: ['one.test'], tls: auth(clients) },
      { name: 'two', hosts: ['two.test'], tls: auth(others) },
      { name: 'open', hosts: ['open.test'], tls: { certificates: [pair(a)] } },
      { name: 'twin', hosts: ['twin.test'], tls: { certificates: [pair(a)] } },
    ],
    { routes: [{ name: 'all', filters: [{ respond: { body: 'in' } }] }] },
  )
  const shows = (issued: Issued | null) => (issued === null ? {} : { cert: issued.cert, key: issued.key })
  const h1 = async (servername: string, host: string, issued: Issued | null): Promise<number> => {
    try {
      const { client } = await secureClient(t, gateway.port, { servername, ...shows(issued) })
      const { status } = await client.ask('GET /', [`host: ${host}`])
      client.destroy()
      return status
    } catch {
      return 0
    }
  }
  const h2 = (servername: string, host: string, issued: Issued | null): Promise<number> =>
    new Promise((resolve) => {
      const url = `https://127.0.0.1:${gateway.port}`
      const session = connectHttp2(url, { servername, rejectUnauthorized: false, ...shows(issued) })
      const end = (status: number) => {
        session.destroy()
        resolve(status)
      }
      session.on('error', () => end(0))
      session.on('close', () => end(0))
      const request = session.request({ ':path': '/', ':authority': host })
      request.on('error', () => end(0))
      request.on('response', ({ ':status': status }) => end(Number(status)))
    })
  for (const ask of [h1, h2]) {
    t.equal(await ask('one.test', 'one.test', alice), 200)
    t.equal(await ask('two.test', 'two.test', mallory), 200)
    t.equal(await ask('one.test', 'one.test', mallory), 0)
    t.equal(await ask('two.test', 'two.test', alice), 0)
    t.equal(await ask('one.test', 'one.test', null), 0)
    for (const [servername, host, issued] of [
      ['open.test', 'one.test', null],
      ['open.test', 'one.test', alice],
      ['one.test', 'two.test', alice],
      ['one.test', 'open.test', alice],
      // Only the listener differs, and with it what its policies may be one day.
      ['open.test', 'twin.test', null],
    ] as const)
      t.equal(await ask(servername, host, issued), 421, `${servername} ${host}`)
    t.equal(await ask('open.test', 'nobody.test', null), 404)
  }
})

t.test('certificates change under load', async (t) => {
  const { gateway, endpoint } = await start(t, [{ name: 'web', tls: { certificates: [pair(a)] } }])
  let running = true
  let shaken = 0
  const failed: string[] = []
  const load = Array.from({ length: 8 }, async () => {
    while (running) {
      try {
        const { client } = await secureClient(t, gateway.port, { servername: 'a.test' })
        if ((await client.ask('GET /', ['host: a.test'])).status !== 200) failed.push('status')
        client.destroy()
        shaken++
      } catch (error) {
        failed.push((error as Error).message)
      }
    }
  })
  for (let i = 0; i < 10; i++) {
    const before = shaken
    await gateway.apply(configWith(endpoint, [{ name: 'web', tls: { certificates: [pair(i % 2 === 0 ? b : a)] } }]))
    await until('some handshakes', () => shaken > before + 8)
  }
  running = false
  await Promise.all(load)
  t.strictSame(failed, [])
})
