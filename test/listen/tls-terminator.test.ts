// Which certificates a name is answered with, and what of that outlives a reload.

import t from 'tap'
import type { Certificate } from '../../src/listen/known-certificates.ts'
import { type TerminatorSettings, TlsTerminator } from '../../src/listen/tls-terminator.ts'
import type { ClientHello } from '../../src/model/client-hello.ts'
import { authority } from '../support/certificates.ts'

const ca = authority(t)
const issue = (name: string): Certificate => {
  const { cert, key } = ca.issue({ sans: [`DNS:${name}`] })
  return { cert, key }
}
const [a, b, c] = [issue('a.test'), issue('b.test'), issue('c.test')]
const renewed = issue('b.test')

const settings = (certificates: readonly Certificate[], changes: Partial<TerminatorSettings> = {}): TerminatorSettings => ({
  listener: 'web',
  certificates,
  minVersion: '1.2',
  ciphers: null,
  alpn: ['http/1.1'],
  strictSni: false,
  clientAuth: { mode: 'off', ca: null, forward: false },
  ...changes,
})

const hello = (sni: string) => ({ sni }) as ClientHello

t.test('groups outlive a reload in which their certificates stay', async (t) => {
  const first = new TlsTerminator(settings([a, b, c]))
  const groups = ['a.test', 'b.test', 'c.test'].map((name) => first.groupFor(hello(name)))
  t.equal(new Set(groups).size, 3)
  t.equal(first.groupFor(hello('a.test')), groups[0])
  t.equal(first.groupFor(hello('other.test')), groups[0], 'the first is the default')

  const second = new TlsTerminator(settings([c, renewed, a]), first)
  t.equal(second.groupFor(hello('a.test')), groups[0], 'wherever they stand')
  t.equal(second.groupFor(hello('c.test')), groups[2])
  t.not(second.groupFor(hello('b.test')), groups[1])
  t.equal(first.groupFor(hello('b.test')), groups[1], 'the one before goes on')

  const other = new TlsTerminator(settings([a, b, c], { minVersion: '1.3' }), first)
  t.not(other.groupFor(hello('a.test')), groups[0], 'other settings, other handshakes')
})

t.test('the identity is of the content', async (t) => {
  const of = (...args: Parameters<typeof settings>) => new TlsTerminator(settings(...args)).identity
  t.equal(of([a, b]), of([{ ...a }, { ...b }]))
  t.equal(new Set([of([a, b]), of([b, a]), of([a]), of([a, renewed]), of([a, b], { strictSni: true })]).size, 5)
})

t.test('one that cannot be read, and none', async (t) => {
  const broken = { cert: 'no certificate', key: 'no key' }
  const mixed = new TlsTerminator(settings([a, broken, c]))
  t.ok(mixed.groupFor(hello('c.test')))
  t.equal(mixed.groupFor(hello('x.test')), mixed.groupFor(hello('a.test')))
  t.equal(new TlsTerminator(settings([])).groupFor(hello('a.test')), null)
  t.equal(new TlsTerminator(settings([a], { strictSni: true })).groupFor(hello('x.test')), null)
})

t.test('not more groups than that are kept', async (t) => {
  const few = new TlsTerminator(settings([a, b, c]), null, 2)
  const [one, two] = [few.groupFor(hello('a.test')), few.groupFor(hello('b.test'))]
  t.equal(few.groupFor(hello('a.test')), one)
  few.groupFor(hello('c.test'))
  t.equal(few.groupFor(hello('a.test')), one, 'who was asked for last stays')
  t.not(few.groupFor(hello('b.test')), two)
})

t.test('many are read ahead, in slices', async (t) => {
  t.equal(new TlsTerminator(settings([a, b, c])).prepare(), null)
  const many = Array.from({ length: 200 }, (_, i) => ({ cert: `${a.cert}\n# ${i}`, key: a.key }))
  const terminator = new TlsTerminator(settings(many))
  const slices = terminator.prepare()
  t.ok(slices)
  await slices
  t.equal(terminator.prepare(), null, 'once')
  t.ok(terminator.groupFor(hello('a.test')))
})
