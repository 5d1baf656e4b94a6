// The normal forms of a request's path and host.

import { normalizeHost } from '../../src/model/request-host.ts'
import { normalizePath } from '../../src/model/request-path.ts'
import { bench, type Result } from './harness.ts'

const RULES = { mergeSlashes: true, encodedSlash: 'reject' } as const

const PATHS = {
  plain: '/api/v1/users/4711/orders/2024',
  escaped: '/api/v1/us%65rs/a%20b/../orders',
  'dots and slashes': '/api//v1/./users/../orders/2024',
}
const HOSTS = {
  plain: 'www.site-12.example.com',
  'with port': 'www.site-12.example.com:8080',
  'upper case': 'WWW.Site-12.Example.COM',
  IPv6: '[2001:db8::1]:8080',
}

export default function requestView(): Result[] {
  return [
    ...Object.entries(PATHS).map(([name, path]) => bench(`normalise path, ${name}`, () => normalizePath(path, RULES))),
    ...Object.entries(HOSTS).map(([name, host]) => bench(`normalise host, ${name}`, () => normalizeHost(host))),
  ]
}
