import type { SaslClient } from './sasl.js'

const SEPARATOR = '\x01'

/** OAUTHBEARER (RFC 7628). */
export function oauthBearer(user: string, token: string, host: string | null, port: number | null): SaslClient {
  const fields = [
    `n,a=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},`,
    ...(host === null ? [] : [`host=${host}`]),
    ...(port === null ? [] : [`port=${port}`]),
    `auth=Bearer ${token}`,
  ]
  // A refusal comes as a challenge, to be answered by one %x01 before the server ends with its reply (section 3.2.3).
  return bearer('OAUTHBEARER', fields, SEPARATOR)
}

/** XOAUTH2, the mechanism before it, as Google and Microsoft describe it; a refusal is answered by an empty line. */
export function xoauth2(user: string, token: string): SaslClient {
  return bearer('XOAUTH2', [`user=${user}`, `auth=Bearer ${token}`], '')
}

function bearer(name: 'OAUTHBEARER' | 'XOAUTH2', fields: readonly string[], acknowledgement: string): SaslClient {
  let refused = false
  return {
    name,
    initialResponse: Buffer.from(fields.join(SEPARATOR) + SEPARATOR + SEPARATOR),
    respond() {
      if (refused) return { giveUp: 'the server refused the token and went on asking' }
      refused = true
      return { response: Buffer.from(acknowledgement) }
    },
    get complete() {
      return !refused
    },
  }
}
