import { createHmac, timingSafeEqual } from 'node:crypto'

/** What the sink offers, in the order in which it names them. */
export const SERVER_MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const

/** Who is to log in. */
export interface Login {
  readonly user: string
  readonly password: string
}

/** Who says to be whom; `proves` tells whether a password goes with it. */
export interface Claim {
  readonly user: string
  readonly proves: (password: string) => boolean
}

/** Base64 as RFC 4648 section 4 has it; `=` alone is an empty response (RFC 4954 section 4). Null for anything else. */
export function decodeResponse(text: string): Buffer | null {
  if (text === '=') return Buffer.alloc(0)
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64')
}

/** PLAIN (RFC 4616). Null where the response is none. */
export function readPlain(response: Buffer): Claim | null {
  const parts = response.toString().split('\0')
  const [, user = '', password = ''] = parts
  return parts.length === 3 && user !== '' ? { user, proves: (right) => same(password, right) } : null
}

/** LOGIN: the user and the password, one after the other. */
export function readLogin(user: Buffer, password: Buffer): Claim {
  return { user: user.toString(), proves: (right) => same(password.toString(), right) }
}

/** CRAM-MD5 (RFC 2195): the user, a space, and the digest of the challenge. */
export function readCramMd5(response: Buffer, challenge: string): Claim | null {
  const [, user, digest] = /^(.+) ([0-9a-f]{32})$/is.exec(response.toString()) ?? []
  if (user === undefined || digest === undefined) return null
  return {
    user,
    proves: (right) => same(digest.toLowerCase(), createHmac('md5', right).update(challenge).digest('hex')),
  }
}

/** In a time that says nothing of where they differ. */
function same(given: string, right: string): boolean {
  const [a, b] = [given, right].map((text) => createHmac('sha256', 'netkit').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(a, b)
}
