// Options of a plugin against the plugin's own schema.

import * as z from 'zod'
import { explain, findings } from '../explain.ts'
import { type Finding, finding, type Path } from '../problem.ts'
import { didYouMean } from '../suggest.ts'

/** What fits, with defaults filled in, or what is wrong with it. `base` is where the options stand. */
export function checkPluginOptions(
  schema: object,
  options: Readonly<Record<string, unknown>>,
  base: Path,
): { options: Readonly<Record<string, unknown>> } | { findings: Finding[] } {
  const parsed = z
    .fromJSONSchema(schema as z.core.JSONSchema.JSONSchema)
    .safeParse(options, { error: words, reportInput: true })
  if (parsed.success) return { options: parsed.data as Record<string, unknown> }
  return {
    findings: findings(parsed.error.issues, base).map((found) => ({
      ...found,
      message: found.message.replace(/^Invalid \w+: /, ''),
    })),
  }
}

/** Our own words for what our own configuration may also be wrong with; the library's for the rest. */
function words(issue: z.core.$ZodRawIssue): string | undefined {
  const ours = issue.input === undefined || issue.code === 'unrecognized_keys' || issue.code === 'invalid_type'
  return ours || issue.code === 'invalid_union' ? explain(issue, didYouMean) : undefined
}

/** Whether the validator can enforce a schema at all; null = it can. */
export function whyNotSchema(schema: object): Finding | null {
  try {
    z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema)
    return null
  } catch (error) {
    return finding([], (error as Error).message)
  }
}
