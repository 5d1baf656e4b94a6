// A small API server that does what a test says: objects of one kind with versions, lists in pages, watches that can be cut.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Fake {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string }
  readonly value: string
}

export class FakeApiServer {
  url = ''
  readonly objects = new Map<string, Fake>()
  /** `list` or `watch` with its query, in order. */
  readonly asked: string[] = []
  readonly headers: IncomingMessage['headers'][] = []
  readonly watches: ServerResponse[] = []
  /** Objects of a page; whatever the client asks for. */
  pageSize = 1000
  version = 100
  /** Does something else with a request; true = it was answered (or never will be). */
  intercept: (query: URLSearchParams, response: ServerResponse, path: string) => boolean = () => false
  readonly #server = createServer((request, response) => this.#answer(request, response))

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Whoever watches is told. */
  put(name: string, value: string, namespace = 'a'): void {
    const key = `${namespace}/${name}`
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED'
    const object = { metadata: { name, namespace, resourceVersion: String(++this.version) }, value }
    this.objects.set(key, object)
    this.send({ type, object })
  }

  delete(name: string, namespace = 'a'): void {
    const object = this.objects.get(`${namespace}/${name}`) as Fake
    this.objects.delete(`${namespace}/${name}`)
    this.send({
      type: 'DELETED',
      object: { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } },
    })
  }

  bookmark(version = String(++this.version)): void {
    this.send({ type: 'BOOKMARK', object: { kind: 'Fake', metadata: { resourceVersion: version } } })
  }

  send(event: object | string): void {
    const line = typeof event === 'string' ? event : `${JSON.stringify(event)}\n`
    for (const watch of this.watches) if (!watch.destroyed && !watch.writableEnded) watch.write(line)
  }

  /** Ends the watches: in order, or in the middle. */
  endWatches(how: 'end' | 'cut'): void {
    for (const watch of this.watches.splice(0)) {
      if (how === 'end') watch.end()
      else watch.destroy()
    }
  }

  get open(): number {
    return this.watches.filter((watch) => !watch.destroyed && !watch.writableEnded).length
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '', this.url)
    const watch = query.get('watch') === 'true'
    this.asked.push(`${watch ? 'watch' : 'list'} ${query.get(watch ? 'resourceVersion' : 'continue') ?? ''}`.trimEnd())
    this.headers.push(request.headers)
    response.on('error', () => {})
    if (this.intercept(query, response, pathname)) return
    if (watch) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      this.watches.push(response)
      return
    }
    const namespace = /\/namespaces\/([^/]+)\//.exec(pathname)?.[1]
    const all = [...this.objects.values()].filter(
      (object) => namespace === undefined || object.metadata.namespace === namespace,
    )
    const from = Number(query.get('continue') ?? 0)
    const until = query.has('limit') ? from + this.pageSize : all.length
    const more = until < all.length ? { continue: String(until) } : {}
    const metadata = { resourceVersion: String(this.version), ...more }
    response.end(JSON.stringify({ kind: 'FakeList', metadata, items: all.slice(from, until) }))
  }
}

export async function startFakeApiServer(t: Test): Promise<FakeApiServer> {
  const server = new FakeApiServer()
  await server.start()
  t.teardown(() => server.close())
  return server
}

/** Answers as an API server says no. */
export function refuse(response: ServerResponse, code: number, message: string, headers: Record<string, string> = {}): true {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }))
  return true
}
