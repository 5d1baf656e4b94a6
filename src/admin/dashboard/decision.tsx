// What was decided about a request, or would be: where it goes, why there, and why nowhere else.

import type { Explanation } from '../../model/explanation.ts'
import { Mark } from './mark.tsx'

export function Decision({ of }: { readonly of: Explanation }) {
  const { listener, route, origin, upstream, endpoint, considered, filters, endpoints, answer, notes } = of
  return (
    <div class="decision">
      <p class="way">
        <Step name="listener" value={listener} />
        <Step name="route" value={route} />
        <Step name="upstream" value={upstream} />
        <Step name="endpoint" value={endpoint} />
        {answer !== null && (
          <span class="step">
            <Mark kind={answer.status >= 400 ? 'bad' : 'ok'} /> the gateway answers <b>{answer.status}</b>
            {answer.reason !== null && ` ${answer.reason}`}
          </span>
        )}
      </p>
      {origin !== undefined && (
        <p>
          The route was made of {origin.kind} {origin.namespace}/{origin.name}, {origin.path}.
        </p>
      )}
      {considered.length > 0 && <Facts title="Routes" rows={considered.map(({ route, why }) => [route, why] as const)} />}
      {filters.length > 0 && <Facts title="Filters" rows={filters.map(({ name, effect }) => [name, effect] as const)} />}
      {endpoints.length > 0 && (
        <Facts
          title="Endpoints"
          rows={endpoints.map(({ address, eligible, why }) => [`${eligible ? '' : '✕ '}${address}`, why] as const)}
        />
      )}
      {notes.length > 0 && (
        <>
          <h4>Notes</h4>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function Step({ name, value }: { readonly name: string; readonly value: string | null }) {
  if (value === null) return null
  return (
    <span class="step">
      {name} <b>{value}</b>
    </span>
  )
}

function Facts({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <table class="facts">
      <caption>{title}</caption>
      <tbody>
        {rows.map(([name, text], i) => (
          <tr key={i}>
            <th scope="row">{name}</th>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
