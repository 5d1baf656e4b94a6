// Corpus 2.1: the request line.

import { type CorpusCase, each, F, G, H, L, line, R, show } from '../case.ts'

/** Bytes without a pattern, the same in every run (a linear congruential generator). */
function noise(count: number): string {
  let state = 0x2545f491
  let bytes = ''
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes += String.fromCharCode(state >>> 24)
  }
  return bytes
}

/** The beginning of a TLS 1.2 record with a ClientHello. */
const CLIENT_HELLO = `\x16\x03\x01\x00\x55\x01\x00\x00\x51\x03\x03${noise(32)}\x00\x00\x04\x13\x01\x00\xff\x01\x00\x00\x24\x00\x00\x00\x06\x00\x04\x00\x00\x01a`

const silent = { ...R(400, 505), silent: true }

export const REQUEST_LINE: readonly CorpusCase[] = [
  { id: 'RL-01', name: 'two spaces', bytes: line('GET  / HTTP/1.1'), expect: R(400) },
  { id: 'RL-02', name: 'tabs between the parts', bytes: line('GET\t/\tHTTP/1.1'), expect: R(400) },
  { id: 'RL-03', name: 'space behind the version', bytes: line('GET / HTTP/1.1 '), expect: R(400) },
  { id: 'RL-04', name: 'space before the method', bytes: line(' GET / HTTP/1.1'), expect: R(400) },
  { id: 'RL-05a', name: 'one empty line before', bytes: `\r\n${G}\r\n`, expect: F({}) },
  { id: 'RL-05b', name: '64 empty lines before', bytes: `${'\r\n'.repeat(64)}${G}\r\n`, expect: R(400) },
  { id: 'RL-06', name: 'LF before', bytes: `\n${G}\r\n`, expect: R(400) },
  { id: 'RL-07', name: 'LF as line end', bytes: 'GET / HTTP/1.1\nHost: a\n\n', expect: R(400) },
  { id: 'RL-08', name: 'CR as line end', bytes: 'GET / HTTP/1.1\rHost: a\r\r', expect: R(400) },
  { id: 'RL-08b', name: 'CR and another byte behind the version', bytes: `GET / HTTP/1.1\rX${H}\r\n`, expect: R(400) },
  ...each(['GET /\r\n', 'GET /\r\nHost: a\r\n\r\n', 'GET / \r\n\r\n'], (bytes, at) => ({
    id: `RL-09.${at + 1}`,
    name: `HTTP/0.9: ${show(bytes)}`,
    bytes,
    expect: R(400),
  })),
  { id: 'RL-10', name: 'HTTP/1.2', bytes: line('GET / HTTP/1.2'), expect: F({}) },
  ...each(['HTTP/2.0', 'HTTP/3.0', 'HTTP/9.9'], (version, at) => ({
    id: `RL-11.${at + 1}`,
    name: version,
    bytes: line(`GET / ${version}`),
    expect: R(505),
  })),
  ...each(
    [
      'HTTP/1',
      'HTTP/1.',
      'HTTP/01.1',
      'HTTP/1.10',
      'HTTP/1.32',
      'HTTP/ 1.1',
      'http/1.1',
      'HTTP/\r\r1.1',
      'HTTP/4294967295.255',
    ],
    (version, at) => ({ id: `RL-12.${at + 1}`, name: show(version), bytes: line(`GET / ${version}`), expect: R(400) }),
  ),
  { id: 'RL-13', name: 'LF for the second space', bytes: line('GET /\nHTTP/1.1'), expect: R(400) },
  { id: 'RL-14', name: 'method with separators', bytes: line('G=":<>(e),[T];?" / HTTP/1.1'), expect: R(400) },
  { id: 'RL-15', name: 'get in lower case', bytes: line('get / HTTP/1.1'), expect: R(400, 501) },
  { id: 'RL-16', name: 'method of 100 KB', bytes: line(`${'A'.repeat(102400)} / HTTP/1.1`), expect: R(400) },
  { id: 'RL-17', name: 'target of 100 KB', bytes: line(`GET /${'A'.repeat(102400)} HTTP/1.1`), expect: R(414) },
  {
    id: 'RL-18',
    name: 'target of 7,990 bytes',
    bytes: line(`GET /${'A'.repeat(7990)} HTTP/1.1`),
    expect: F({ target: `/${'A'.repeat(7990)}` }),
  },
  ...each(['/\x00', '/\x7f', '/a\x0bb', '/a\x01'], (target, at) => ({
    id: `RL-19.${at + 1}`,
    name: `control byte: ${show(target)}`,
    bytes: line(`GET ${target} HTTP/1.1`),
    expect: R(400),
  })),
  ...each(['/caf\xc3\xa9', '/\xc0\xaf', '/\xff'], (target, at) => ({
    id: `RL-20.${at + 1}`,
    name: `raw high byte: ${show(target)}`,
    bytes: line(`GET ${target} HTTP/1.1`),
    expect: R(400),
  })),
  { id: 'RL-21', name: 'space in the target', bytes: line('GET /a b HTTP/1.1'), expect: R(400) },
  { id: 'RL-22', name: 'fragment', bytes: line('GET /a#b HTTP/1.1'), expect: R(400) },
  { id: 'RL-23a', name: 'GET *', bytes: line('GET * HTTP/1.1'), expect: R(400) },
  { id: 'RL-23b', name: 'OPTIONS */x', bytes: line('OPTIONS */x HTTP/1.1'), expect: R(400) },
  {
    id: 'RL-24',
    name: 'OPTIONS *',
    bytes: line('OPTIONS * HTTP/1.1'),
    expect: [L(200, 'allow'), F({ method: 'OPTIONS', target: '*' })],
  },
  ...each(['CONNECT a:443', 'CONNECT a', 'CONNECT a:', 'CONNECT /'], (start, at) => ({
    id: `RL-25.${at + 1}`,
    name: `${start} with bytes behind`,
    bytes: `${line(`${start} HTTP/1.1`)}${line('GET /evil HTTP/1.1')}`,
    expect: R(400, 405),
  })),
  { id: 'RL-26', name: 'absolute form', bytes: line('GET http://a/x HTTP/1.1'), expect: F({ target: '/x' }) },
  { id: 'RL-26b', name: 'absolute form without path', bytes: line('GET http://a HTTP/1.1'), expect: F({}) },
  {
    id: 'RL-26c',
    name: 'absolute form, scheme in capitals, query',
    bytes: line('GET HTTP://A?q=1 HTTP/1.1'),
    expect: F({ target: '/?q=1', host: null }),
  },
  { id: 'RL-27', name: 'target and Host differ', bytes: line('GET http://evil/x HTTP/1.1'), expect: R(400) },
  ...each(
    [
      ['http://u@a/', 'a'],
      ['ftp://a/', 'a'],
      ['http:///x', 'a'],
      ['http://a:b@c/', 'c'],
    ],
    ([target = '', host = ''], at) => ({
      id: `RL-28.${at + 1}`,
      name: target,
      bytes: `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      expect: R(400),
    }),
  ),
  { id: 'RL-28.5', name: 'https:// on cleartext', bytes: line('GET https://a/ HTTP/1.1'), expect: R(421) },
  ...each(['@evil/', 'evil/x', '?q', '\\\\evil', '\\evil', 'a:80/'], (target, at) => ({
    id: `RL-29.${at + 1}`,
    name: target,
    bytes: line(`GET ${target} HTTP/1.1`),
    expect: R(400),
  })),
  {
    id: 'RL-30',
    name: '//evil/x is a path',
    bytes: line('GET //evil/x HTTP/1.1'),
    expect: [F({ target: '/evil/x' }), F({ target: '//evil/x' })],
  },
  { id: 'RL-31', name: 'TRACE', bytes: `TRACE / HTTP/1.1\r\n${H}Cookie: s=1\r\n\r\n`, expect: R(405) },
  { id: 'RL-32', name: 'HTTP/2 preface', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', expect: R(505, 400) },
  { id: 'RL-33a', name: 'TLS ClientHello', bytes: CLIENT_HELLO, expect: silent },
  { id: 'RL-33b', name: '256 bytes of noise', bytes: noise(256), expect: silent },
]
