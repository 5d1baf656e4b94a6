// Corpus 2.8, XF-01 and XF-02: what a client says about where it comes from. UNTRUSTED runs where nobody is trusted; TRUSTED where
// 127.0.0.0/8 and 10.0.0.0/8 are, and says which client address the log must show.

import { type CorpusCase, each, F, get, line, R, show } from '../case.ts'

const SPOOFS = [
  'X-Forwarded-For: 66.66.66.66',
  'X-Forwarded-Proto: spoof',
  'X-Forwarded-Host: spoof',
  'X-Forwarded-Port: spoof',
  'X-Forwarded-Prefix: spoof',
  'X-Forwarded-Server: spoof',
  'X-Forwarded-Uri: spoof',
  'X-Forwarded-Method: spoof',
  'X-Forwarded-Tls-Client-Cert: spoof',
  'X-Forwarded-Client-Cert: spoof',
  'X-Real-IP: 66.66.66.66',
  'Forwarded: for=66.66.66.66;proto=spoof;host=spoof',
  'True-Client-IP: 66.66.66.66',
  'X-Headgate-Reason: spoof',
  'X_Forwarded_For: 66.66.66.66',
  'X_Real_IP: 66.66.66.66',
  'x-forwarded-for: 66.66.66.66',
  'X-FORWARDED-FOR: 66.66.66.66',
  'X-Forwarded-For: 66.66.66.66\r\nX-Forwarded-For: 66.66.66.67',
  'X-Forwarded_For: 66.66.66.66',
]

const spoofOf = (text: string): string => (text.includes('66.66') ? '66.66' : 'spoof')

export const UNTRUSTED: readonly CorpusCase[] = [
  ...each(SPOOFS, (text, at) => {
    const wanted = F({
      without: spoofOf(text),
      has: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a' },
    })
    return { id: `XF-01.${at + 1}`, name: show(text), bytes: get(text), expect: text.includes('_') ? [wanted, R(400)] : wanted }
  }),
]

export interface TrustedCase extends CorpusCase {
  /** The client as the access log names it; any of these. */
  readonly client: readonly string[]
}

/** The address of the raw client. */
const PEER = '127.0.0.1'

const trusted = (at: number, fields: string, client: readonly string[]): TrustedCase => {
  const target = `/xf-${at}`
  return {
    id: `XF-02.${at}`,
    name: fields === '' ? 'no field' : show(fields),
    bytes: line(`GET ${target} HTTP/1.1`).replace('\r\n\r\n', `\r\n${fields}${fields === '' ? '' : '\r\n'}\r\n`),
    // Whatever is passed on ends with the peer that we saw ourselves, and stays bounded (431 where it does not).
    expect: F({ target }),
    client,
  }
}

const MANY = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`).join(', ')

export const TRUSTED: readonly TrustedCase[] = [
  trusted(1, 'X-Forwarded-For: 9.9.9.9, 10.0.0.1', ['9.9.9.9']),
  trusted(2, 'X-Forwarded-For: 66.66.66.66, 9.9.9.9, 10.0.0.1', ['9.9.9.9']),
  trusted(3, 'X-Forwarded-For: 9.9.9.9,, 10.0.0.1', ['9.9.9.9', '10.0.0.1']),
  trusted(4, 'X-Forwarded-For: , ,', [PEER]),
  trusted(5, 'X-Forwarded-For: 9.9.9.9:1234', ['9.9.9.9']),
  trusted(6, 'X-Forwarded-For: 9.9.9.9, unknown', [PEER, 'unknown']),
  trusted(7, 'X-Forwarded-For: 9.9.9.9, unknown, 10.0.0.1', [PEER, '10.0.0.1', 'unknown']),
  trusted(8, 'X-Forwarded-For: 2001:db8::9', ['2001:db8::9']),
  trusted(9, 'X-Forwarded-For: [2001:db8::9]:443', ['2001:db8::9']),
  trusted(10, 'X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.0.0.1', ['9.9.9.9']),
  trusted(11, 'X-Forwarded-For: 10.0.0.2, 10.0.0.1', ['10.0.0.2']),
  trusted(12, '', [PEER]),
  trusted(13, `X-Forwarded-For: 9.9.9.9, ${MANY}`, ['9.9.9.9', ...MANY.split(', '), PEER]),
  trusted(14, `${'X-Forwarded-For: 10.0.0.3\r\n'.repeat(99)}X-Forwarded-For: 10.0.0.1`, ['10.0.0.3', '10.0.0.1', PEER]),
]
