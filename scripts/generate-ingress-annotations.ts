// Writes docs/reference/ingress-annotations.md from the table of annotations. Run: node scripts/generate-ingress-annotations.ts

import { writeFileSync } from 'node:fs'
import type { Entry } from '../src/kubernetes/ingress/annotations/entry.ts'
import { PREFIXES, THEMES } from '../src/kubernetes/ingress/annotations/table.ts'
import { HABITS } from '../src/kubernetes/migration/habits.ts'

export const ANNOTATIONS_PAGE = new URL('../docs/reference/ingress-annotations.md', import.meta.url)

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const row = ([name, { faith, words, cost, example }]: [string, Entry<unknown>]): string =>
  `| \`${name}\` | ${faith} | ${cell(words)} | ${cost === 'all' ? 'all' : ''} | \`${cell(example)}\` |`

export function annotationsPage(): string {
  const [nginx, own] = PREFIXES
  const themes = THEMES.map(
    ({ title, entries, ofCanary }) => `## ${title}
${ofCanary ? '\nCounts on a canary, too.\n' : ''}
| Annotation | | Here | Costs | Example |
| --- | --- | --- | --- | --- |
${Object.entries(entries).map(row).join('\n')}
`,
  )
  const habits = HABITS.map(({ theirs, ours }) => `| ${cell(theirs)} | ${cell(ours)} |`)
  return `# Annotations of Ingresses

<!-- Made by scripts/generate-ingress-annotations.ts from src/kubernetes/ingress/annotations/. -->

Annotations of ingress-nginx, with \`${nginx}\` or \`${own}\` in front. Where both are there with different values, \`${own}\` counts and an Event
says so. \`headgate migrate ingress-nginx\` says what becomes of those that you have: [Move from ingress-nginx](../tasks/migrate-from-ingress-nginx.md).

- **exact**: as in ingress-nginx. **differs**: served, and how it differs. **refused**: why.
- Nothing is ignored silently: a name that is not known, a value that is wrong and what is refused become an Event, a line in the log and a
  count in \`headgate_objects_refused\`.
- **Costs** "all": where it is refused or its value is wrong, every rule of the Ingress answers 500 with the reason \`refused-object\`, because serving them without it
  could serve what must not be. Otherwise the rules are served without it.
- A canary (\`canary: "true"\`) has everything else from the Ingress whose host and path it shares.
- Secrets, ConfigMaps and Services that are named must be in the namespace of the Ingress.

${themes.join('\n')}
## What ingress-nginx does without being asked

| ingress-nginx | here |
| --- | --- |
${habits.join('\n')}
`
}

if (import.meta.main) writeFileSync(ANNOTATIONS_PAGE, annotationsPage())
