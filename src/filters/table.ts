// All filters by their key in the configuration. A new one is its file, its line here, and its line in the contract suite.

import type { FilterFactory } from './context.ts'
import { requestHeaders } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'

/** Validation knows the same names and has read the options. */
export const FILTERS: ReadonlyMap<string, FilterFactory<never>> = new Map<string, FilterFactory<never>>([
  ['requestHeaders', requestHeaders],
  ['responseHeaders', responseHeaders],
])
