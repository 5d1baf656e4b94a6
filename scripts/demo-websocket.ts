// WebSockets of the demo: every endpoint says who it is and echoes; GET /ws in a browser is a page that opens one.

import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'

/** What is answered to a browser that asks for /ws without wanting a WebSocket. */
export const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Headgate: WebSocket</title>
<form><input id="text" value="hello" autofocus> <button>send</button></form>
<pre id="said"></pre>
<script>
  const socket = new WebSocket(location.href.replace(/^http/, 'ws'))
  const say = (text) => { said.textContent += text + '\\n' }
  socket.onopen = () => say('open')
  socket.onmessage = ({ data }) => say('< ' + data)
  socket.onclose = ({ code }) => say('closed: ' + code)
  document.forms[0].onsubmit = (event) => {
    event.preventDefault()
    say('> ' + text.value)
    socket.send(text.value)
  }
</script>
`

/** Takes the WebSockets of a server. What it returns ends them. */
export function takeWebSockets(server: Server, name: string): () => void {
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    sockets.handleUpgrade(request, socket, head, (open) => {
      open.on('error', () => open.terminate())
      open.send(`this is endpoint ${name}`)
      open.on('message', (data, binary) => open.send(data, { binary }))
    })
  })
  return () => {
    for (const open of sockets.clients) open.terminate()
  }
}
