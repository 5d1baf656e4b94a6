// What a plugin is, for those who write one: `import { definePlugin } from 'headgate/plugin'`. The only module of ours that a
// plugin may import. docs/reference/plugin-api.md describes it.

import type { JsonSchema, OptionsOf } from './plugin-schema.ts'

export type { JsonSchema, OptionsOf } from './plugin-schema.ts'

/** Header fields of a request. Names are compared without case. Those of framing, of the connection and `Host` cannot be changed. */
export interface ReadonlyHeaders {
  /** All values of a name, joined by `, `; null when there is none. */
  get(name: string): string | null
  has(name: string): boolean
}

/** Changing throws on a name or value that is not valid, and on names that are the gateway's own matter. */
export interface Headers extends ReadonlyHeaders {
  /** In the place of all fields of that name. */
  set(name: string, value: string): void
  /** Besides those that are there. */
  add(name: string, value: string): void
  remove(name: string): void
}

export interface PluginRequest {
  readonly method: string
  /** Normalised, without query. Setting one that would be refused from a client throws; routing is over already. */
  path: string
  /** With its `?`, or ''. May be set with or without the `?`. */
  query: string
  /** Lower case, without port; '' = none. Setting it changes the Host that the endpoint gets (`name` or `name:port`). */
  host: string
  readonly headers: Headers
}

export interface PluginResponse {
  /** 200 to 599. */
  status: number
  readonly headers: Headers
}

/** An answer in the place of the endpoint's. */
export interface OwnResponse {
  /** 200 to 599; default 200. */
  readonly status?: number
  /** A list is one field line each. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent as UTF-8; default ''. */
  readonly body?: string
}

declare const answered: unique symbol

/** What `respond` returns; return it from the hook. */
export interface Answered {
  readonly [answered]: true
}

interface Facts {
  readonly route: { readonly name: string }
  /** `ip` is the peer's, or what trusted proxies say. */
  readonly client: { readonly ip: string }
  /** Name of the upstream that was chosen. */
  readonly upstream: string
  /** Address of the endpoint that was tried last; null before the first try. */
  readonly endpoint: string | null
  /** Yours, for this exchange: what one hook puts here, the next finds. */
  readonly state: Map<string, unknown>
}

/** A request on its way to an upstream. */
export interface RequestExchange extends Facts {
  readonly request: PluginRequest
  /** Answers here: nothing goes to the upstream. */
  respond(response: OwnResponse): Answered
}

/** A response on its way to the client: an endpoint's, or one made by the gateway. */
export interface ResponseExchange extends Facts {
  /** As it went to the endpoint. */
  readonly request: Readonly<Omit<PluginRequest, 'headers'>> & { readonly headers: ReadonlyHeaders }
  readonly response: PluginResponse
  /** Answers in the place of this response. */
  respond(response: OwnResponse): Answered
}

/** An exchange that is over. */
export interface EndedExchange extends Facts {
  readonly request: ResponseExchange['request']
  readonly response: { readonly status: number }
}

export interface Hooks<Options> {
  /** Before an endpoint is picked. Nothing returned = go on. A promise needs `async: true`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that returns nothing is one that goes on
  onRequest?(exchange: RequestExchange, options: Options): Answered | void | Promise<Answered | void>
  /** Before the head of the response is sent. Synchronous always. */
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  onResponse?(exchange: ResponseExchange, options: Options): Answered | void
  /** After the last byte, or after the client has gone. Synchronous always. */
  onEnd?(exchange: EndedExchange, options: Options): void
}

export interface Plugin<Options> extends Hooks<Options> {
  /** Unique in a configuration; letters, digits, `-`, `_` and `.`. */
  readonly name: string
  /** JSON Schema of `options`, which the gateway checks when the configuration is loaded. Without it they are not looked at. */
  readonly schema?: JsonSchema
  /** `onRequest` may return a promise. */
  readonly async?: boolean
}

/** Options typed by the schema. */
export function definePlugin<const S extends JsonSchema & { readonly type: 'object' }>(
  plugin: Omit<Plugin<OptionsOf<S>>, 'schema'> & { readonly schema: S },
): Plugin<OptionsOf<S>>
/** Options typed by hand: `definePlugin<{ value: string }>({ … })`. */
export function definePlugin<Options = unknown>(plugin: Plugin<Options>): Plugin<Options>
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin
}
