// Asks the gateway what would become of a request.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Explanation } from '../../model/explanation.ts'
import { explain, type Question } from './api.ts'
import { Decision } from './decision.tsx'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** `asked`: what the form is filled with, and asked at once; another object each time. */
export function ExplainSection({ asked }: { readonly asked: Question | null }) {
  const [method, setMethod] = useState('GET')
  const [url, setUrl] = useState('http://localhost/')
  const [headers, setHeaders] = useState('')
  const [answer, setAnswer] = useState<Explanation | string | null>(null)
  const [busy, setBusy] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)

  const ask = async (question: Question | string): Promise<void> => {
    if (typeof question === 'string') return setAnswer(question)
    setBusy(true)
    setAnswer(await explain(question).catch((error: Error) => error.message))
    setBusy(false)
  }
  useEffect(() => {
    if (asked === null) return
    setMethod(asked.method)
    setUrl(asked.url)
    setHeaders('')
    heading.current?.scrollIntoView()
    heading.current?.focus()
    void ask(asked)
  }, [asked])

  return (
    <section id="explain" aria-labelledby="explain-title">
      <h2 id="explain-title" tabIndex={-1} ref={heading}>
        Explain
      </h2>
      <form
        class="explain"
        onSubmit={(event) => {
          event.preventDefault()
          void ask(read(method, url, headers))
        }}
      >
        <label>
          Method
          <input list="methods" value={method} required onInput={(event) => setMethod(event.currentTarget.value)} />
          <datalist id="methods">
            {METHODS.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
        <label class="wide">
          URL
          <input value={url} required spellcheck={false} onInput={(event) => setUrl(event.currentTarget.value)} />
        </label>
        <label class="wide">
          <span>
            Headers, one a line: <code>name: value</code>
          </span>
          <textarea rows={1} spellcheck={false} value={headers} onInput={(event) => setHeaders(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={busy}>
          What becomes of it?
        </button>
      </form>
      <div role="status" class="answer">
        {typeof answer === 'string' && <p class="bad-text">{answer}</p>}
        {answer !== null && typeof answer === 'object' && <Decision of={answer} />}
      </div>
    </section>
  )
}

/** The question, or what is wrong with how it is written. */
function read(method: string, url: string, text: string): Question | string {
  const headers: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    if (colon < 1) return `"${line}" is not a header: write name: value`
    const name = line.slice(0, colon).trim()
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()]
  }
  return { method: method.trim(), url: url.trim(), headers }
}
