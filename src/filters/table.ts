// All filters by their key in the configuration. A new one is its file, its line here, and its line in the contract suite.

import { bodyLimit } from './body-limit.ts'
import { clientCert } from './client-cert.ts'
import type { FilterFactory } from './context.ts'
import { cors } from './cors.ts'
import { errorPages } from './error-pages.ts'
import { faults } from './faults.ts'
import { redirect } from './redirect.ts'
import { requestHeaders } from './request-headers.ts'
import { respond } from './respond.ts'
import { responseHeaders } from './response-headers.ts'
import { rewrite } from './rewrite.ts'

/** Validation knows the same names and has read the options. */
export const FILTERS: ReadonlyMap<string, FilterFactory<never>> = new Map<string, FilterFactory<never>>([
  ['requestHeaders', requestHeaders],
  ['responseHeaders', responseHeaders],
  ['rewrite', rewrite],
  ['redirect', redirect],
  ['respond', respond],
  ['cors', cors],
  ['bodyLimit', bodyLimit],
  ['errorPages', errorPages],
  ['faults', faults],
  ['clientCert', clientCert],
])
