// Whether a connection can be made, and with TLS its handshake.

import { connectTo, failureOf, type ProbeOf } from './probe.ts'

export const tcpProbe: ProbeOf = (destination) => (done) => {
  const socket = connectTo(destination, [], () => {
    done('')
    socket.destroy()
  })
  socket.on('error', (error) => done(failureOf(error)))
  // Before TLS is up a connection may end without an error.
  socket.on('close', () => done('connection closed'))
  return () => socket.destroy()
}
