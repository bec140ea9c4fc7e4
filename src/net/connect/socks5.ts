import { addressBytes, parseAddress } from '../../core/address/address.js'

/** SOCKS protocol version 5 (RFC 1928) with username and password (RFC 1929), the client's side. */
const VERSION = 5
const AUTH_VERSION = 1
const CONNECT = 1
const NO_AUTH = 0
const PASSWORD = 2
const ADDRESS_LENGTHS: Readonly<Record<number, number>> = { 1: 4, 4: 16 }

export interface ProxyCredentials {
  readonly username: string
  readonly password: string
}

/** What a decoder made of the bytes so far: null while more are needed. */
export type Decoded<T> = { readonly value: T; readonly used: number } | null

/** Bytes that are no SOCKS5 answer. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply'
}

/** RFC 1928 3: which ways to authenticate we know. */
export function encodeGreeting(withPassword: boolean): Uint8Array {
  return Uint8Array.from(withPassword ? [VERSION, 2, NO_AUTH, PASSWORD] : [VERSION, 1, NO_AUTH])
}

/** The way the proxy chose; 255 for none. */
export function decodeMethod(bytes: Uint8Array): Decoded<'none' | 'password' | 'refused'> {
  const [version, method] = bytes
  if (version !== undefined && version !== VERSION) throw new MalformedReply(`its version is ${version}, not 5`)
  if (method === undefined) return null
  if (method === NO_AUTH) return { value: 'none', used: 2 }
  return { value: method === PASSWORD ? 'password' : 'refused', used: 2 }
}

/** RFC 1929 2. Both parts are 1 to 255 bytes. */
export function encodeCredentials({ username, password }: ProxyCredentials): Uint8Array {
  const [name, secret] = [Buffer.from(username), Buffer.from(password)]
  return Buffer.concat([Uint8Array.of(AUTH_VERSION, name.length), name, Uint8Array.of(secret.length), secret])
}

/** Whether the credentials were taken. */
export function decodeAuthentication(bytes: Uint8Array): Decoded<boolean> {
  return bytes.length < 2 ? null : { value: bytes[1] === 0, used: 2 }
}

/** RFC 1928 4: CONNECT to an address, or to a name that the proxy resolves (at most 255 bytes). */
export function encodeConnect(host: string, port: number): Uint8Array {
  const literal = parseAddress(host)
  const name = Buffer.from(host)
  // The zone of an IPv6 address means something here alone.
  const address = literal
    ? Uint8Array.of(literal.family === 4 ? 1 : 4, ...addressBytes(literal))
    : Buffer.concat([Uint8Array.of(3, name.length), name])
  return Buffer.concat([Uint8Array.of(VERSION, CONNECT, 0), address, Uint8Array.of(port >> 8, port & 255)])
}

/** The reply code (RFC 1928 6): 0 for connected. */
export function decodeReply(bytes: Uint8Array): Decoded<number> {
  const [version, reply, , type, nameLength] = bytes
  if (version !== undefined && version !== VERSION) throw new MalformedReply(`its version is ${version}, not 5`)
  if (reply === undefined) return null
  // Some proxies send nothing after a refusal; the code is all that matters then.
  if (reply !== 0) return { value: reply, used: bytes.length }
  if (type === undefined) return null
  const addressLength = type === 3 ? (nameLength === undefined ? null : 1 + nameLength) : ADDRESS_LENGTHS[type]
  if (addressLength === undefined) throw new MalformedReply(`its address type is ${type}`)
  if (addressLength === null || bytes.length < 6 + addressLength) return null
  return { value: reply, used: 6 + addressLength }
}

const MEANINGS = [
  'connected',
  'something failed in the proxy itself',
  'its rules do not allow this connection',
  'the network is unreachable',
  'the host is unreachable',
  'the connection was refused',
  'the time to live expired',
  'it does not know the CONNECT command',
  'it does not know this type of address',
]

/** What a reply code says of the target. */
export function describeReply(reply: number): string {
  return MEANINGS[reply] ?? `it answered ${reply}, a code that RFC 1928 does not know`
}
