// Corpus 2.2, second part: the Host field. HO-05 to HO-07 need routes of their own: see `hosts.ts`.

import { type CorpusCase, each, F, get, R, show } from '../case.ts'

const host = (lines: string): string => `GET / HTTP/1.1\r\n${lines}\r\n\r\n`

const BAD = ['u@a', 'a/x', 'a,b', 'a b', 'a:99999', 'a:80:80', '[::1', 'a%00.b', 'a?x', 'a#', 'a\\b', 'http://a']

export const HOST: readonly CorpusCase[] = [
  { id: 'HO-01a', name: 'none on HTTP/1.1', bytes: 'GET / HTTP/1.1\r\n\r\n', expect: R(400) },
  { id: 'HO-01b', name: 'none on HTTP/1.0', bytes: 'GET / HTTP/1.0\r\n\r\n', expect: { ...F({ host: null }), closes: true } },
  { id: 'HO-02a', name: 'two different', bytes: host('Host: a\r\nHost: b'), expect: R(400) },
  { id: 'HO-02b', name: 'two equal', bytes: host('Host: a\r\nHost: a'), expect: R(400) },
  { id: 'HO-02c', name: 'two, one far behind', bytes: get('X: 1\r\nhost: a'), expect: R(400) },
  { id: 'HO-02d', name: 'two on HTTP/1.0', bytes: 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', expect: R(400) },
  ...each(BAD, (value, at) => ({ id: `HO-03.${at + 1}`, name: show(value), bytes: host(`Host: ${value}`), expect: R(400) })),
  { id: 'HO-03.13', name: 'a:', bytes: host('Host: a:'), expect: [R(400), F({ host: 'a' })] },
  { id: 'HO-04', name: 'empty', bytes: host('Host:'), expect: R(400) },
  { id: 'HO-04b', name: 'only white space', bytes: host('Host: \t '), expect: R(400) },
]
