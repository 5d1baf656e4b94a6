// A scene whose clients speak HTTP/2 frame by frame.

import type { Test } from 'tap'
import { type Scene, type SceneSettings, scene } from './gateway.ts'
import { RawHttp2, type RawOptions } from './http2-raw.ts'

export interface Http2SceneSettings extends SceneSettings {
  /** The clients speak TLS; the listener is to. */
  readonly tls?: boolean
}

export interface Http2Scene extends Scene {
  client(options?: RawOptions): Promise<RawHttp2>
}

export function http2Scene(
  name: string,
  settings: Http2SceneSettings,
  body: (t: Test, scene: Http2Scene) => Promise<void>,
): void {
  scene(name, settings, async (t, given) => {
    const clients: RawHttp2[] = []
    const client = async (options?: RawOptions): Promise<RawHttp2> => {
      const opened = await RawHttp2.open(given.gateway.port, { tls: settings.tls ?? false, ...options })
      clients.push(opened)
      return opened
    }
    try {
      await body(t, { ...given, client })
    } finally {
      for (const opened of clients) opened.destroy()
    }
  })
}
