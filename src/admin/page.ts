// The page at `/`: what can be asked here.

import type { Call } from './calls.ts'

/** Texts are those of the table of calls: nothing needs escaping. */
export function page(calls: readonly Call[]): string {
  const rows = calls.map(({ path, method, about }) => {
    const name = method === 'GET' ? `<a href="${path}">${path}</a>` : path
    return `<tr><td>${method}</td><td>${name}</td><td>${about}</td></tr>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Headgate</title>
<h1>Headgate</h1>
<table>
${rows.join('\n')}
</table>
</html>
`
}
