// All objects of a kind, page by page.

import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { type RawObject, withQuery } from './resource.ts'

const PAGE = 500
/** More pages than any API server has objects for: one that hands out the same page for ever is not believed. */
const MOST_PAGES = 10_000

interface Page {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly RawObject[] | null
}

/** Calls `take` for each object and resolves with the version from which a watch goes on. `take` may be called before it rejects. */
export async function listAll(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
  take: (object: RawObject) => void,
): Promise<string> {
  try {
    return await listPages(client, path, signal, take, PAGE)
  } catch (error) {
    // The API server forgot what the next page belongs to: all in one.
    if (error instanceof ApiError && error.gone) return listPages(client, path, signal, take, 0)
    throw error
  }
}

async function listPages(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
  take: (object: RawObject) => void,
  limit: number,
): Promise<string> {
  let next = ''
  for (let i = 0; i < MOST_PAGES; i++) {
    const query = new URLSearchParams()
    if (limit > 0) query.set('limit', String(limit))
    if (next !== '') query.set('continue', next)
    const page = Object(await client.call({ path: withQuery(path, query), signal })) as Page
    const version = page.metadata?.resourceVersion
    if (version === undefined || !Array.isArray(page.items ?? [])) throw new Error('an answer that is not a list')
    for (const object of page.items ?? []) take(object)
    next = page.metadata?.continue ?? ''
    if (next === '') return version
  }
  throw new Error(`a list of more than ${MOST_PAGES} pages`)
}
