// What becomes of a request for a host, in a word or two.

import { request } from 'node:http'

/** What a request for a host is answered; reasons of the gateway's own answers stand behind the status. */
export function statusOf(web: string): (host: string, path?: string) => Promise<string> {
  return (host, path = '/') =>
    new Promise((resolve, reject) => {
      const asked = request(`${web}${path}`, { headers: { host }, agent: false }, (response) => {
        response.resume().on('end', () => {
          const { 'x-headgate-reason': reason } = response.headers
          resolve([response.statusCode, reason].filter((word) => word !== undefined).join(' '))
        })
      })
      asked.on('error', reject).end()
    })
}
