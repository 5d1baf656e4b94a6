// A small API server that keeps objects of any kind: versions, conflicts, status subresources, merge patches. A test may have it refuse.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { refuse } from './fake-api-server.ts'

export interface FakeObject {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
  }
  readonly [key: string]: unknown
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

export class FakeObjectServer {
  url = ''
  /** By path. */
  readonly objects = new Map<string, FakeObject>()
  /** In order, also those that were refused. */
  readonly asked: Asked[] = []
  /** Those that are being answered. */
  open = 0
  most = 0
  /** Those that `intercept` does not answer. */
  hung = 0
  /** Does something else with a request; true = it was answered (or never will be). */
  intercept: (asked: Asked, response: ServerResponse) => boolean = () => false
  #version = 100
  readonly #server = createServer((request, response) => void this.#take(request, response))

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** As somebody else would, past `intercept` and `asked`. */
  put(path: string, object: object): FakeObject {
    const before = this.objects.get(path)
    const { metadata = {} } = object as { metadata?: object }
    const kept = {
      ...object,
      metadata: {
        name: path.split('/').at(-1) as string,
        uid: before?.metadata.uid ?? `uid-${this.#version + 1}`,
        ...metadata,
        resourceVersion: String(++this.#version),
      },
    }
    this.objects.set(path, kept)
    return kept
  }

  /** How often something was asked. */
  count(method: string, path: RegExp = /./): number {
    return this.asked.filter((each) => each.method === method && path.test(each.path)).length
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    this.open++
    this.most = Math.max(this.most, this.open)
    response.on('close', () => this.open--)
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString('utf8')
    const { method = '', url = '' } = request
    const asked = { method, path: url, body: text === '' ? null : JSON.parse(text) }
    this.asked.push(asked)
    if (this.intercept(asked, response)) {
      if (response.writableEnded) return
      this.hung++
      response.on('close', () => this.hung--)
      return
    }
    this.#answer(asked, response)
  }

  #answer({ method, path, body }: Asked, response: ServerResponse): void {
    const send = (object: object): void => void response.end(JSON.stringify(object))
    if (method === 'POST') {
      const { name } = (body as FakeObject).metadata
      if (this.objects.has(`${path}/${name}`)) refuse(response, 409, 'it already exists')
      else send(this.put(`${path}/${name}`, body as object))
      return
    }
    const { pathname, searchParams } = new URL(path, this.url)
    const field = searchParams.get('fieldSelector')
    if (field !== null) {
      const found = this.objects.get(`${pathname}/${field.replace('metadata.name=', '')}`)
      send({ metadata: { resourceVersion: String(this.#version) }, items: found === undefined ? [] : [found] })
      return
    }
    const status = path.endsWith('/status')
    const place = status ? path.slice(0, -'/status'.length) : path
    const known = this.objects.get(place)
    if (known === undefined) refuse(response, 404, `${place} not found`)
    else if (method === 'GET') send(known)
    else if (method === 'PATCH') this.#patch(place, known, body as FakeObject, status, response)
    else if (method === 'PUT' && !status) this.#replace(place, known, body as FakeObject, response)
    else refuse(response, 405, 'no such method')
  }

  #patch(place: string, known: FakeObject, body: Partial<FakeObject>, status: boolean, response: ServerResponse): void {
    const next = merged(known, status ? { metadata: body.metadata, status: body.status } : body) as FakeObject
    this.#replace(place, known, next, response)
  }

  #replace(place: string, known: FakeObject, body: FakeObject, response: ServerResponse): void {
    if (body.metadata.resourceVersion !== known.metadata.resourceVersion) {
      refuse(response, 409, 'the object has been modified')
      return
    }
    const next = { ...body, metadata: { ...known.metadata, ...body.metadata } }
    // A write that changes nothing makes no new version.
    const same = JSON.stringify(next) === JSON.stringify(known)
    response.end(JSON.stringify(same ? known : this.put(place, next)))
  }
}

/** RFC 7396. */
function merged(value: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = typeof value === 'object' && !Array.isArray(value) ? { ...value } : {}
  for (const [key, inner] of Object.entries(patch)) {
    if (inner === null) delete result[key]
    else if (inner !== undefined) result[key] = merged(result[key], inner)
  }
  return result
}

export async function startFakeObjectServer(t: Pick<Test, 'teardown'>): Promise<FakeObjectServer> {
  const server = new FakeObjectServer()
  await server.start()
  t.teardown(() => server.close())
  return server
}
