// Ending a connection so that the other side sees that it did not end well.

import type { Socket } from 'node:net'

/** By a TCP reset; where there is none (TLS, unix sockets) by closing it without a word. What is still unsent is lost. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}
