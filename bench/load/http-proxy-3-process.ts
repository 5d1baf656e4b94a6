// http-proxy-3 as a process: node http-proxy-3-process.ts PORT ORIGIN_PORT.

import http from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const [port, originPort] = process.argv.slice(2).map(Number)
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 64 })
const proxy = createProxyServer({ target: `http://127.0.0.1:${originPort}`, agent })
proxy.on('error', (_error, _request, response) => {
  if ('writeHead' in response && !response.headersSent) response.writeHead(502).end()
  else response.destroy()
})
http
  .createServer({ keepAliveTimeout: 75_000 }, (request, response) => proxy.web(request, response))
  .listen(port, '127.0.0.1', 4096)
