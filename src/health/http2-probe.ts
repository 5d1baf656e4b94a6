// The same question as http-probe.ts, for endpoints that speak nothing but HTTP/2.

import { constants } from 'node:http2'
import { type HttpProbeSettings, judgeStatus } from './expected-status.ts'
import { requestHttp2 } from './http2-request.ts'
import { authorityOf, MAX_ANSWER, type ProbeOf } from './probe.ts'

export const http2Probe =
  ({ path, host, expect }: HttpProbeSettings): ProbeOf =>
  (destination) =>
  (done) => {
    const headers = {
      ':method': 'GET',
      ':path': path,
      ':authority': host ?? authorityOf(destination),
      accept: '*/*',
      'user-agent': 'headgate',
    }
    let status = 0
    let bytes = 0
    const answered = (): void => done(judgeStatus(status, expect))
    return requestHttp2(destination, headers, null, {
      head(head) {
        status = Number(head[constants.HTTP2_HEADER_STATUS])
      },
      data(chunk) {
        bytes += chunk.length
        if (bytes > MAX_ANSWER) answered()
      },
      trailers() {},
      end: answered,
      failed: done,
    })
  }
