// Corpus 2.2, HO-05 to HO-07: which route a Host may reach. `api` serves a.example, `wild` serves *.b.example; nothing serves
// every host.

import { type CorpusCase, each, F, show, type Wanted } from '../case.ts'

const host = (value: string): string => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`
const NOBODY: Wanted = { origin: null, status: 404 }

const SAME = ['a.example', 'A.EXAMPLE.', 'a.example.', 'A.Example:80', 'a.example.:8080']
const WILD = ['x.b.example', 'X.B.EXAMPLE', 'x.y.b.example.']
const OTHERS = [
  'evila.example',
  'a.example.evil',
  'evillocalhost:3000',
  'b.example',
  'xb.example',
  'example',
  'a.example.evil:80',
  '.b.example',
]
const ADDRESSES = ['169.254.169.254', 'localhost', '[::ffff:127.0.0.1]', '127.0.0.1', '[::1]:80']

export const HOSTS: readonly CorpusCase[] = [
  ...each(SAME, (value, at) => ({
    id: `HO-05.${at + 1}`,
    name: value,
    bytes: host(value),
    expect: F({ host: null, origin: 'api' }),
  })),
  ...each(WILD, (value, at) => ({
    id: `HO-05.${at + 11}`,
    name: value,
    bytes: host(value),
    expect: F({ host: null, origin: 'wild' }),
  })),
  ...each(OTHERS, (value, at) => ({
    id: `HO-06.${at + 1}`,
    name: value,
    bytes: host(value),
    expect: [F(NOBODY), { kind: 'refused' as const, status: [400], answered: [], silent: false }],
  })),
  ...each(ADDRESSES, (value, at) => ({ id: `HO-07.${at + 1}`, name: show(value), bytes: host(value), expect: F(NOBODY) })),
  {
    id: 'HO-07.6',
    name: 'absolute form names an address',
    bytes: 'GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    expect: F(NOBODY),
  },
]
