// From the words of the file to a route that a configuration takes, or why it would not: one rule that is wrong must not be the
// end of all.

import { checkFilters } from '../../config/checks/filters.ts'
import { explain, findings } from '../../config/explain.ts'
import type { RouteConfig } from '../../config/model.ts'
import { formatPath } from '../../config/problem.ts'
import { routeSchema } from '../../config/route-schema.ts'
import type { Written } from './annotations/effects.ts'

/** What is wrong is told in words that may quote what was written. */
export function readRoute(written: Written): RouteConfig | string {
  const read = routeSchema.safeParse(written, { error: (issue) => explain(issue), reportInput: true })
  const found = read.success ? checkFilters({ routes: [read.data] }) : []
  if (read.success && found.length === 0) return read.data
  return (read.success ? found : findings(read.error.issues))
    .map(({ path, message }) => (path.length === 0 ? message : `${formatPath(path)}: ${message}`))
    .join('; ')
}
