// An HTTP/1.1 request whose status says how the endpoint is. Loaded only where something is probed by HTTP.

import type { Socket } from 'node:net'
import { Client } from 'undici'
import { type HttpProbeSettings, judgeStatus } from './expected-status.ts'
import { authorityOf, connectTo, failureOf, MAX_ANSWER, type ProbeOf } from './probe.ts'

/** Good when the whole answer (or the first of it, see MAX_ANSWER) has come with a status that is expected. */
export const httpProbe =
  ({ path, host, expect }: HttpProbeSettings): ProbeOf =>
  (destination) =>
  (done) => {
    let socket: Socket | null = null
    const client = new Client(`http://${authorityOf(destination)}`, {
      allowH2: false,
      // Time is the caller's.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect(_options, connected) {
        let standing = false
        socket = connectTo(destination, ['http/1.1'], (ready) => {
          standing = true
          connected(null, ready)
        })
        // A connection that stands is the client's: it knows better what an end of it means.
        socket.on('error', (error) => !standing && connected(error, null))
        socket.on('close', () => !standing && done('connection closed'))
      },
    })
    const stop = (): void => {
      socket?.destroy()
      client.destroy().catch(() => {})
    }
    let status = 0
    let bytes = 0
    const answered = (): void => {
      done(judgeStatus(status, expect))
      stop()
    }
    const headers = ['user-agent', 'headgate', 'accept', '*/*', ...(host === null ? [] : ['host', host])]
    client.dispatch(
      { method: 'GET', path, headers, reset: true },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, code) => {
          status = code
        },
        onResponseData: (_controller, chunk) => {
          bytes += chunk.length
          if (bytes > MAX_ANSWER) answered()
        },
        onResponseEnd: answered,
        onResponseError: (_controller, error) => {
          done(failureOf(error))
          stop()
        },
      },
    )
    return stop
  }
