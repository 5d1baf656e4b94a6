// What is asked of `explain` and what it says: plain data, the same from a file and from a running gateway.

/** A request as a client would make it. */
export interface ExplainRequest {
  readonly method: string
  /** `http://host/path?query`, or a path (or `*`) when `headers` has a Host. As it would be sent: nothing is normalised before. */
  readonly url: string
  /** In the order sent; a Host here takes the place of the one in the URL. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The listener that it comes to; null = the one that fits the URL. */
  readonly listener: string | null
  /** Address of the client; null = 127.0.0.1. */
  readonly client: string | null
  /** Decides what is left to chance, the same each time; null = chance. */
  readonly seed: number | null
}

/** The object of Kubernetes that a route was made of. */
export interface RouteOrigin {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** As in `spec.rules[0].http.paths[1]`. */
  readonly path: string
  /** Where that stands, from 1; left out = it came from a cluster. */
  readonly file?: string
  readonly line?: number
}

export interface Explanation {
  readonly listener: string | null
  readonly route: string | null
  /** Of the route; left out = it stands in the configuration file, or there is none. */
  readonly origin?: RouteOrigin
  readonly upstream: string | null
  readonly endpoint: string | null
  /** The route that is taken first, then those that were close, best first; why each is or is not taken. */
  readonly considered: readonly { readonly route: string; readonly why: string; readonly origin?: RouteOrigin }[]
  /** In the order in which they run. */
  readonly filters: readonly { readonly name: string; readonly effect: string }[]
  /** Of the upstream. */
  readonly endpoints: readonly ExplainedEndpoint[]
  /** What the gateway answers by itself; null = an endpoint answers. `reason` is null where the answer is what was asked for. */
  readonly answer: { readonly status: number; readonly reason: string | null } | null
  /** What else is worth knowing, in sentences. */
  readonly notes: readonly string[]
}

export interface ExplainedEndpoint {
  readonly address: string
  readonly weight: number
  /** It can be picked. */
  readonly eligible: boolean
  readonly why: string
}

/** `refused`: why the question itself cannot be answered. */
export type Explained = { readonly explanation: Explanation } | { readonly refused: string }
