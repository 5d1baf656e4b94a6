// What endpoints are told about the client.

import { BlockList } from 'node:net'
import t from 'tap'
import { Exchange } from '../../src/model/exchange.ts'
import { Peer } from '../../src/model/peer.ts'
import { forwardedLines } from '../../src/proxy/forwarded.ts'
import { fakeDownstream, fakeExchange, fakeListener } from '../support/fake-exchange.ts'

const UNTRUSTED = new Peer('192.0.2.1', 8080, false, false)

function trusting(...cidrs: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix, family] of cidrs) list.addSubnet(address, prefix, family)
  return list
}

const HOPS = trusting(['10.0.0.0', 8, 'ipv4'], ['fd00::', 8, 'ipv6'])

/** The lines for a request with `fields` that came through the trusted hop 10.0.0.9, and the client that they name. */
function behindHop(fields: string, peer = new Peer('10.0.0.9', 443, true, true)) {
  const x = new Exchange(fakeDownstream(peer), fakeListener({ trusted: HOPS }), 0)
  Object.assign(x, {
    head: `GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`,
    authority: 'a.test',
    forwardedSeen: fields !== '',
  })
  const lines = Object.fromEntries(
    forwardedLines(x)
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  )
  return {
    client: x.client,
    chain: lines['x-forwarded-for'],
    proto: lines['x-forwarded-proto'],
    host: lines['x-forwarded-host'],
    port: lines['x-forwarded-port'],
    forwarded: lines.forwarded,
  }
}

t.test('an untrusted peer', async (t) => {
  const x = fakeExchange({}, fakeDownstream(UNTRUSTED))
  const lines =
    'x-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: a.test\r\nx-forwarded-port: 8080\r\n'
  t.equal(forwardedLines(x), lines)
  t.equal(forwardedLines(x), lines, 'remembered for the connection')
  const lied = fakeExchange(
    { head: 'GET / HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n', forwardedSeen: true },
    fakeDownstream(UNTRUSTED),
  )
  t.equal(forwardedLines(lied), `${lines}forwarded: for=192.0.2.1;host="a.test";proto=http\r\n`)
  t.equal(forwardedLines(fakeExchange({}, fakeDownstream(UNTRUSTED))), lines, 'the lie is not remembered')
  const other = fakeExchange({ authority: 'b.test' }, fakeDownstream(UNTRUSTED))
  t.match(forwardedLines(other), 'x-forwarded-host: b.test')
  t.match(forwardedLines(x), 'x-forwarded-host: a.test')
  t.notMatch(forwardedLines(fakeExchange({ authority: '' }, fakeDownstream(UNTRUSTED))), 'x-forwarded-host')
})

t.test('the client is the right-most address that is no trusted hop', async (t) => {
  for (const [chain, client] of [
    ['9.9.9.9', '9.9.9.9'],
    ['9.9.9.9, 10.0.0.1', '9.9.9.9'],
    ['6.6.6.6, 9.9.9.9, 10.0.0.1', '9.9.9.9'],
    ['10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['9.9.9.9:1234', '9.9.9.9'],
    ['[2001:db8::1]:1234', '2001:db8::1'],
    ['2001:db8::1, fd00::1', '2001:db8::1'],
    ['6.6.6.6, unknown, 9.9.9.9', '9.9.9.9'],
    ['6.6.6.6, unknown', '10.0.0.9'],
    ['6.6.6.6,, 10.0.0.1', '10.0.0.1'],
    ['', '10.0.0.9'],
    ['1.2.3.4.5', '10.0.0.9'],
    ['256.1.1.1', '10.0.0.9'],
  ] as const) {
    t.equal(behindHop(`X-Forwarded-For: ${chain}\r\n`).client, client, chain)
  }
  t.equal(
    behindHop('X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.0.0.1\r\n').client,
    '9.9.9.9',
    'over several lines',
  )
})

t.test('the chain is passed on with the hop behind it', async (t) => {
  t.equal(behindHop('X-Forwarded-For: 9.9.9.9:1, [2001:db8::1]:2\r\n').chain, '9.9.9.9, 2001:db8::1, 10.0.0.9')
  t.equal(
    behindHop('X-Forwarded-For: 6.6.6.6, unknown, 9.9.9.9\r\n').chain,
    '9.9.9.9, 10.0.0.9',
    'what is before something unreadable is not',
  )
  const long = Array.from({ length: 1000 }, (_, i) => `9.9.${i >> 8}.${i & 255}`)
  t.equal(behindHop(`X-Forwarded-For: ${long.join(', ')}\r\n`).chain?.split(', ').length, 65)
})

t.test('scheme, host and port of a trusted hop', async (t) => {
  t.match(behindHop('X-Forwarded-Proto: HTTP\r\nX-Forwarded-Host: shop.test:8443\r\nX-Forwarded-Port: 8443\r\n'), {
    proto: 'http',
    host: 'shop.test:8443',
    port: '8443',
  })
  t.match(behindHop('X-Forwarded-Proto: ftp\r\nX-Forwarded-Host: a b\r\nX-Forwarded-Port: 0x1\r\n'), {
    proto: 'https',
    host: 'a.test',
    port: '443',
  })
  t.match(behindHop(''), { chain: '10.0.0.9', proto: 'https', host: 'a.test', port: '443', forwarded: undefined })
  t.match(behindHop('X-Forwarded-Proto: http, https\r\n'), { proto: 'https' })
})

t.test('Forwarded of a trusted hop', async (t) => {
  const { client, forwarded, chain } = behindHop('Forwarded: for="[2001:db8::1]:99";proto=https, for=10.0.0.1;by=x\r\n')
  t.equal(client, '2001:db8::1')
  t.equal(chain, '2001:db8::1, 10.0.0.1, 10.0.0.9')
  t.equal(forwarded, 'for="[2001:db8::1]:99";proto=https, for=10.0.0.1;by=x, for=10.0.0.9;host="a.test";proto=https')
  t.equal(behindHop('Forwarded: for=_hidden, proto=https\r\n').client, '10.0.0.9')
  t.equal(
    behindHop('Forwarded: for=1.1.1.1\r\n', new Peer('fd00::9', 80, false, true)).forwarded,
    'for=1.1.1.1, for="[fd00::9]";host="a.test";proto=http',
  )
})
