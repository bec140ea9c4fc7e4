import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { SaslClient, SaslStep } from './sasl.js'
import { saslPrep } from './saslprep.js'

const HASH = 'sha256'
const HASH_BYTES = 32
/** RFC 7677 section 4 asks for no fewer; a server that names less makes the password cheap to guess. */
const MIN_ITERATIONS = 4096
/** Some seconds of work: more would let a server stop the client. */
const MAX_ITERATIONS = 5_000_000

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. It is complete only once the server has proved that it
 * knows the password as well.
 */
export function scramSha256(user: string, password: string, authorizeAs: string, nonce: string): SaslClient {
  const gs2Header = authorizeAs === '' ? 'n,,' : `n,a=${saslName(authorizeAs)},`
  const clientFirst = `n=${saslName(saslPrep(user))},r=${nonce}`
  let expected: Buffer | null = null
  let complete = false

  function proof(serverFirst: string): SaslStep {
    const [, serverNonce, salt, count] =
      /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,.*)?$/s.exec(serverFirst) ?? []
    if (serverNonce === undefined || salt === undefined) {
      return { giveUp: 'the first message of the server is no SCRAM' }
    }
    if (!serverNonce.startsWith(nonce) || serverNonce === nonce) {
      return { giveUp: 'the server did not extend the nonce of the client' }
    }
    const iterations = Number(count)
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      return { giveUp: `the server asks for ${iterations} iterations, not ${MIN_ITERATIONS} to ${MAX_ITERATIONS}` }
    }
    const withoutProof = `c=${Buffer.from(gs2Header).toString('base64')},r=${serverNonce}`
    const authMessage = `${clientFirst},${serverFirst},${withoutProof}`
    const salted = pbkdf2Sync(saslPrep(password), Buffer.from(salt, 'base64'), iterations, HASH_BYTES, HASH)
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash(HASH).update(clientKey).digest(), authMessage)
    const clientProof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
    expected = hmac(hmac(salted, 'Server Key'), authMessage)
    return { response: Buffer.from(`${withoutProof},p=${clientProof.toString('base64')}`) }
  }

  function verify(serverFinal: string, signature: Buffer): SaslStep {
    const given = Buffer.from(/^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s.exec(serverFinal)?.[1] ?? '', 'base64')
    if (given.length !== signature.length || !timingSafeEqual(given, signature)) {
      return { giveUp: 'the server could not prove that it knows the password' }
    }
    complete = true
    return { response: Buffer.alloc(0) }
  }

  return {
    name: 'SCRAM-SHA-256',
    initialResponse: Buffer.from(gs2Header + clientFirst),
    respond(challenge) {
      if (complete) return { giveUp: 'the server asked for more than the mechanism has to say' }
      const text = Buffer.from(challenge).toString()
      return expected === null ? proof(text) : verify(text, expected)
    },
    get complete() {
      return complete
    },
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac(HASH, key).update(text).digest()
}

/** RFC 5802 section 5.1: `=` and `,` have meanings of their own. */
function saslName(text: string): string {
  return text.replaceAll('=', '=3D').replaceAll(',', '=2C')
}
