// Calls of the admin API, with the token if there is one. It stays in this tab's session and goes nowhere else.

import type { Explanation } from '../../model/explanation.ts'
import type { ConfigProblem } from '../state.ts'

const KEY = 'headgate-token'

export const token = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  forget: (): void => sessionStorage.removeItem(KEY),
}

export function call(path: string, init: RequestInit = {}): Promise<Response> {
  const given = token.get()
  const headers = given === null ? init.headers : { ...init.headers, authorization: `Bearer ${given}` }
  return fetch(path, { ...init, ...(headers === undefined ? {} : { headers }), cache: 'no-store' })
}

/** The body, or an error with what a person should know. */
async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (response.ok || response.status === 422) return body
  throw new Error(`${body.title ?? `status ${response.status}`}${body.detail === undefined ? '' : `: ${body.detail}`}`)
}

export interface Question {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

export async function explain(question: Question): Promise<Explanation> {
  const response = await call('/explain', { method: 'POST', body: JSON.stringify(question) })
  return (await bodyOf(response)) as unknown as Explanation
}

export async function reload(): Promise<{ readonly revision: string } | { readonly errors: readonly ConfigProblem[] }> {
  return (await bodyOf(await call('/reload', { method: 'POST' }))) as never
}

export async function drain(): Promise<void> {
  await bodyOf(await call('/drain', { method: 'POST' }))
}
