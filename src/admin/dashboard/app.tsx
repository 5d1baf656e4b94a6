// The page from top to bottom.

import { useEffect, useState } from 'preact/hooks'
import { Alerts } from './alerts.tsx'
import { type Question, token } from './api.ts'
import { Charts } from './charts.tsx'
import { EndpointsSection } from './endpoints.tsx'
import { Errors } from './errors.tsx'
import { ExplainSection } from './explain.tsx'
import { Header } from './header.tsx'
import { allParts } from './related.ts'
import { RequestsSection } from './requests.tsx'
import type { Store } from './store.ts'
import { applyTheme, savedTheme, type Theme, watchSystem } from './theme.ts'
import { TopologySection } from './topology.tsx'

export function App({ store }: { readonly store: Store }) {
  const [, changed] = useState(0)
  const [theme, setTheme] = useState<Theme>(savedTheme)
  const [look, setLook] = useState(() => applyTheme(savedTheme()))
  const [asked, setAsked] = useState<Question | null>(null)
  useEffect(() => store.watch(() => changed((count) => count + 1)), [store])
  useEffect(() => {
    setLook(applyTheme(theme))
    return watchSystem(() => setLook(applyTheme(theme)))
  }, [theme])
  const parts = allParts(store.topology, store.upstreams, store)
  return (
    <>
      <a class="skip" href="#overview">
        Skip to the content
      </a>
      <Header store={store} theme={theme} onTheme={setTheme} />
      <main id="main">
        {store.phase === 'token' && <TokenForm store={store} />}
        {store.phase === 'refused' && <p class="alert bad">{store.trouble}</p>}
        {store.standing === null ? (
          store.phase === 'lost' && <p class="alert bad">{store.trouble}. Trying again.</p>
        ) : (
          <>
            <section id="overview" aria-label="Overview" tabIndex={-1}>
              <Alerts store={store} parts={parts} />
              <div class="cards">
                <Charts points={store.points} theme={look} />
                <Errors store={store} />
              </div>
            </section>
            <TopologySection store={store} parts={parts} />
            <EndpointsSection store={store} parts={parts} />
            <RequestsSection store={store} onExplain={setAsked} />
            <ExplainSection asked={asked} />
          </>
        )}
      </main>
    </>
  )
}

function TokenForm({ store }: { readonly store: Store }) {
  const [value, setValue] = useState('')
  return (
    <form
      class="card token"
      onSubmit={(event) => {
        event.preventDefault()
        token.set(value.trim())
        store.connect()
      }}
    >
      <h2>Token</h2>
      <p>
        This gateway asks for the token of <code>admin.token</code>. It is kept until this tab is closed.
      </p>
      <label>
        Token
        <input
          type="password"
          autocomplete="current-password"
          required
          pattern="\s*\S+\s*"
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        Show the dashboard
      </button>
      <p role="alert" class="bad-text">
        {store.trouble}
      </p>
    </form>
  )
}
