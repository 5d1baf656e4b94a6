// What went wrong in the last minute, by reason: what clients saw, and what they were spared.

import type { ErrorCount } from '../live/messages.ts'
import type { Store } from './store.ts'

const MOST = 6

export function Errors({ store }: { readonly store: Store }) {
  const answers = [...store.errors('answer'), ...store.errors('passed')]
  const tries = store.errors('try')
  return (
    <section class="card errors" aria-labelledby="errors-title">
      <h2 id="errors-title">Errors of the last minute</h2>
      <Counts caption="Seen by clients" counts={answers} none="none" />
      <Counts caption="Tries at endpoints that failed" counts={tries} none="none" />
    </section>
  )
}

function Counts({ caption, counts, none }: { caption: string; counts: readonly ErrorCount[]; none: string }) {
  const most = Math.max(...counts.map(({ count }) => count))
  const more = counts.slice(MOST)
  return (
    <table class="counts">
      <caption>{caption}</caption>
      <tbody>
        {counts.slice(0, MOST).map(({ kind, reason, count }) => (
          <tr key={`${kind} ${reason}`}>
            <th scope="row">{kind === 'passed' ? '5xx of an endpoint' : reason}</th>
            <td class="share">
              <span style={{ width: `${(100 * count) / most}%` }} />
            </td>
            <td class="number">{count.toLocaleString('en')}</td>
          </tr>
        ))}
        {more.length > 0 && (
          <tr>
            <th scope="row">{more.length} other reasons</th>
            <td />
            <td class="number">{more.reduce((sum, { count }) => sum + count, 0).toLocaleString('en')}</td>
          </tr>
        )}
        {counts.length === 0 && (
          <tr>
            <td class="nothing">{none}</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
