// Where certificates, keys and secrets of a configuration are written.

import type { PemConfig, SecretConfig } from '../model.ts'

/** Each is called once for each place; `what` says which, as in `upstreams/users/tls/key`. The result stands in the configuration. */
export interface Places {
  readonly pem: (pem: PemConfig, what: string) => string
  readonly secret: (secret: SecretConfig, what: string) => SecretConfig
}

/** Everything stays where it is. */
export const AS_IT_IS: Places = {
  pem: ({ file, pem }) => (file === '' ? pem : file),
  secret: (secret) => secret,
}
