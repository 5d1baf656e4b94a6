// The top of the page: how the gateway is, what is in force, and what may be done to it.

import { useRef, useState } from 'preact/hooks'
import { drain, reload, token } from './api.ts'
import { Mark } from './mark.tsx'
import type { Store } from './store.ts'
import type { Theme } from './theme.ts'

const SECTIONS = ['overview', 'topology', 'endpoints', 'requests', 'explain']

interface HeaderProps {
  readonly store: Store
  readonly theme: Theme
  readonly onTheme: (theme: Theme) => void
}

export function Header({ store, theme, onTheme }: HeaderProps) {
  const { standing, phase, readOnly } = store
  return (
    <header>
      <div class="bar">
        <h1>Headgate</h1>
        <State store={store} />
        {standing !== null && (
          <dl class="facts-line">
            <dt>revision</dt>
            <dd class="mono">{standing.revision}</dd>
            <dt>from</dt>
            <dd class="mono source" title={standing.source}>
              {endOf(standing.source)}
            </dd>
            <dt>processes</dt>
            <dd>{standing.serving}</dd>
          </dl>
        )}
        <span class="space" />
        {standing !== null && <Actions readOnly={readOnly} />}
        {token.get() !== null && phase !== 'token' && (
          <button type="button" onClick={() => store.leave()}>
            Forget token
          </button>
        )}
        <label class="theme">
          <span class="hidden">Colours</span>
          <select value={theme} onChange={(event) => onTheme(event.currentTarget.value as Theme)}>
            <option value="auto">Auto</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
      </div>
      {standing !== null && (
        <nav aria-label="Parts of this page">
          {SECTIONS.map((name) => (
            <a key={name} href={`#${name}`}>
              {name}
            </a>
          ))}
        </nav>
      )}
    </header>
  )
}

/** The end of a path says more than its beginning. */
function endOf(path: string): string {
  return path.length <= 36 ? path : `…${path.slice(-35)}`
}

function State({ store: { phase, standing } }: { readonly store: Store }) {
  const [kind, text] =
    phase === 'lost'
      ? (['bad', 'connection lost'] as const)
      : phase === 'connecting' || standing === null
        ? (['idle', phase === 'token' ? 'token needed' : phase === 'refused' ? 'refused' : 'connecting'] as const)
        : standing.ready
          ? (['ok', 'ready'] as const)
          : (['warn', 'not ready'] as const)
  return (
    <span class={`state ${kind}`} role="status">
      <Mark kind={kind} /> {text}
    </span>
  )
}

function Actions({ readOnly }: { readonly readOnly: boolean }) {
  const [said, setSaid] = useState('')
  const [busy, setBusy] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  const act = async (work: () => Promise<string>): Promise<void> => {
    setBusy(true)
    setSaid('')
    setSaid(await work().catch((error: Error) => error.message))
    setBusy(false)
  }
  const reloadNow = async (): Promise<string> => {
    const result = await reload()
    return 'revision' in result ? `Revision ${result.revision} is in force.` : `Refused: ${result.errors.length} errors.`
  }
  const drainNow = async (): Promise<string> => {
    dialog.current?.close()
    await drain()
    return 'The gateway finishes what runs and ends.'
  }
  return (
    <span class="actions">
      <span role="status" class="said">
        {said}
      </span>
      {readOnly && <span class="muted">read-only</span>}
      <button type="button" disabled={readOnly || busy} onClick={() => act(reloadNow)}>
        Reload
      </button>
      <button type="button" disabled={readOnly || busy} onClick={() => dialog.current?.showModal()}>
        Drain …
      </button>
      <dialog ref={dialog} aria-labelledby="drain-title">
        <h2 id="drain-title">End this gateway?</h2>
        <p>It stops accepting, finishes what runs, and ends, as SIGTERM does.</p>
        <p class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            No
          </button>
          <button type="button" class="danger" onClick={() => act(drainNow)}>
            Drain and end it
          </button>
        </p>
      </dialog>
    </span>
  )
}
