// What the bench needs to know about a proxy.

/** A way to start one proxy in front of one endpoint, with one worker, access log off and kept connections on both sides. */
export interface Peer {
  readonly name: string
  /** Why it cannot take part here; null = it can. */
  missing(): string | null
  version(): string
  /** Writes its configuration into `folder` and says how to start it. */
  command(folder: string, port: number, originPort: number): readonly string[]
  /** False where a large body is spooled to disk, so that a slow reader says nothing about memory. */
  readonly streams: boolean
  /** Takes part only when it is named. */
  readonly onlyNamed?: boolean
}
