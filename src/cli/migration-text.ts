// What `headgate migrate` has found, for people.

import type { MigratedObject, MigrationReport } from '../compile/migration.ts'

/** `all`: what is taken over exactly, too. */
export function migrationText({ objects, summary, habits }: MigrationReport, all: boolean): string {
  const lines = objects.flatMap((object) => [...objectLines(object, all), ''])
  const { ingresses, exact, differs, refused, refusedWhole, others, classes } = summary
  lines.push(
    `Ingresses: ${ingresses}; ${exact} exactly as before, ${differs} with differences, ${refused} with something refused`,
  )
  if (refusedWhole > 0) lines.push(`${refusedWhole} of them would answer 500 to everything until they are changed`)
  if (others > 0) lines.push(`Other objects, not looked at: ${others}`)
  if (classes.length > 0)
    lines.push(
      `To serve them: ingressClassName: headgate in each, or kubernetes: { ingress: { class: ${classes[0]}, controller: k8s.io/ingress-nginx } } in the configuration`,
    )
  lines.push('', 'What ingress-nginx does without being asked:')
  for (const { theirs, ours } of habits) lines.push(`  ${theirs}`, `    here: ${ours}`)
  return `${lines.join('\n')}\n`
}

function objectLines({ kind, namespace, name, file, line, findings, refused }: MigratedObject, all: boolean): string[] {
  const where = file === '' ? '' : ` (${file}:${line})`
  const exact = findings.filter(({ verdict }) => verdict === 'exact')
  const lines = [`${kind} ${namespace}/${name}${where}`]
  if (refused) lines.push('  every rule would answer 500')
  for (const { at, line, verdict, words } of findings) {
    if (verdict === 'exact' && !all) continue
    lines.push(`  ${verdict.padEnd(8)}${at}${file === '' ? '' : `, line ${line}`}`)
    if (words !== '') lines.push(`    ${words}`)
  }
  if (!all && exact.length > 0) lines.push(`  exact   ${exact.map(({ at }) => at).join(', ')}`)
  if (findings.length === 0) lines.push('  exactly as before')
  return lines
}
