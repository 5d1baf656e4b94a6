// A demo endpoint: says who it is; as `flaky` it answers 503 now and then, and cuts a connection now and then.

import { createServer } from 'node:http'

const [name = 'one', port = '8080'] = process.argv.slice(2)
let turn = 0

const server = createServer((request, response) => {
  const what = name === 'flaky' ? ++turn % 6 : 1
  if (what === 0) return request.socket.resetAndDestroy()
  response.writeHead(what === 3 ? 503 : 200, { 'content-type': 'text/plain' }).end(`this is ${name}\n`)
})
server.listen(Number(port), () => console.log(`${name} listens on ${server.address().port}`))
process.on('SIGTERM', () => server.close())
