// What an endpoint speaks that does not answer in HTTP/1.1, by the first bytes of its answer, so that the mistake has a name.

const TLS_ALERT = 0x15
const TLS_HANDSHAKE = 0x16
const SETTINGS = 0x04
const GOAWAY = 0x07

/** `text` (latin1) is where an answer should begin; `none` is said where it is no protocol that is known here. */
export function otherProtocol(text: string, none: string): string {
  const first = text.charCodeAt(0)
  if ((first === TLS_ALERT || first === TLS_HANDSHAKE) && text.charCodeAt(1) === 0x03)
    return 'the endpoint speaks TLS: its upstream needs the key tls'
  const type = text.charCodeAt(3)
  if ((type === SETTINGS || type === GOAWAY) && text.slice(5, 9) === '\0\0\0\0')
    return 'the endpoint speaks HTTP/2: its upstream needs protocol: h2'
  return none
}
