// Header fields whose values are credentials: their names are shown, their values are not.

const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'])

export function isSecretField(name: string): boolean {
  return SECRET.has(name.toLowerCase())
}
