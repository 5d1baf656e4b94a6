// Corpus 2.8, PA: paths, as routed requests. `/admin` has an origin of its own, all else goes to `main`: a path that reaches
// `admin` was read as it, and what that origin gets is the normal form. Rewriting (PA-06, PA-07) is not covered here.

import { type CorpusCase, each, F, line, R, show, type Wanted } from '../case.ts'

const get = (target: string): string => line(`GET ${target} HTTP/1.1`)
const admin = (target = '/admin'): Wanted => ({ target, origin: 'admin' })

const path = (id: string, target: string, ...expect: CorpusCase['expect'][]): CorpusCase => ({
  id,
  name: show(target),
  bytes: get(target),
  expect: expect.flat(),
})

const NORMALISED = ['/x/../admin', '/./admin', '/x/%2e%2e/admin', '/x/.%2e/admin', '/%2e/admin', '/a/b/../../admin', '//admin']
const ENCODED = [
  '/x%2f..%2fadmin',
  '/admin%2f',
  '/x%5c..%5cadmin',
  '/x\\..\\admin',
  '/admin%00',
  '/admin%0a',
  '/%0d%0aX:1',
  '/admin%5C',
  '/admin%7f',
]
const INVALID = ['/%', '/%zz', '/%c0%ae%c0%ae/', '/%u002e', '/a%2', '/%ff', '/%ed%a0%80', '/%f5%80%80%80', '/%e2%82']

export const PATHS: readonly CorpusCase[] = [
  ...each(NORMALISED, (target, at) => path(`PA-01.${at + 1}`, target, F(admin()))),
  // Slashes first leads to /admin, dot segments first to /x/admin: either, as long as one string decides and travels.
  path('PA-01.8', '/x//../admin', F(admin()), F({ target: '/x/admin' })),
  path('PA-01.9', '/../admin', R(400)),
  path('PA-01.10', '/x/../../admin', R(400)),
  path('PA-01.11', '/x/%2e%2e/%2E%2E/admin', R(400)),
  path('PA-01.12', '/x/..', F({ target: '/' })),
  path('PA-01.13', '/x/.', F({ target: '/x/' })),
  path('PA-01.14', '/admin/.', F(admin('/admin/'))),
  path('PA-01.15', '/x/..%3fq', F({ target: '/x/..%3Fq' }), F({ target: '/x/..%3fq' }), R(400)),
  path('PA-01.16', '/x/.../admin', F({ target: '/x/.../admin' })),
  path('PA-01.17', '/x?/../admin', F({ target: '/x?/../admin' })),
  path('PA-01.18', '/administrator', F({ target: '/administrator' })),
  path('PA-01.19', 'http://a/x/../admin', F(admin())),
  path('PA-01.20', '///admin', F(admin())),
  path('PA-02.1', '/x/..;/admin', R(400)),
  path('PA-02.2', '/admin;x=1', F({ target: '/admin;x=1' }), F(admin())),
  path('PA-02.3', '/;/admin', F({ target: '/;/admin' }), F(admin())),
  path('PA-02.4', '/admin..;/', F({ target: '/admin..;/' }), R(400)),
  path('PA-02.5', '/x/%2e%2e;/admin', R(400)),
  path('PA-02.6', '/x/..%3b/admin', R(400), F({ target: '/x/..%3B/admin' })),
  ...each(ENCODED, (target, at) => path(`PA-03.${at + 1}`, target, R(400))),
  ...each(INVALID, (target, at) => path(`PA-04.${at + 1}`, target, R(400))),
  path('PA-04.10', '/%252e%252e/admin', F({ target: '/%252e%252e/admin' })),
  path('PA-04.11', '/caf%c3%a9', F({ target: '/caf%C3%A9' }), F({ target: '/caf%c3%a9' })),
  path('PA-05.1', '/ADMIN', F({ target: '/ADMIN' })),
  path('PA-05.2', '/admin.', F({ target: '/admin.' })),
  path('PA-05.3', '/admin%20', F({ target: '/admin%20' })),
  path('PA-05.4', '/adm%69n', F(admin())),
  path('PA-05.5', '/%61dmin/%7Euser', F(admin('/admin/~user'))),
  path('PA-05.6', '/admin/', F(admin('/admin/'))),
  path('PA-08', `/r/${'a'.repeat(7000)}!`, F({ target: `/r/${'a'.repeat(7000)}!` })),
]
