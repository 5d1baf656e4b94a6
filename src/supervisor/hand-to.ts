// An accepted socket goes on to a server that did not accept it itself.

import type { Server, Socket } from 'node:net'

export function handTo(owner: Server, socket: Socket): void {
  // What a server gives to the sockets that it accepts itself.
  socket.allowHalfOpen = true
  socket.setNoDelay(true)
  owner.emit('connection', socket)
}
