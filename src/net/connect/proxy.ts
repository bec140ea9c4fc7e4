import { formatEndpoint } from '../../core/address/endpoint.js'
import { type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { octetText } from '../../core/text/octet-text.js'
import { stopwatch } from '../../core/timer.js'
import { ask, type Decoder, type HandshakeOptions } from '../stream/handshake.js'
import type { Stream } from '../stream/stream.js'
import * as socks5 from './socks5.js'

export interface ProxyServer {
  readonly scheme: 'socks5' | 'http'
  readonly host: string
  readonly port: number
  readonly credentials: socks5.ProxyCredentials | null
}

/** How a proxy is named in messages: without its credentials. */
export function proxyName({ scheme, host, port }: ProxyServer): string {
  return `${scheme}://${formatEndpoint(host, port)}`
}

/**
 * Asks a proxy, over a connection to it, to connect to a target; names are resolved by the proxy. Its refusals are its
 * own answers and no errno of ours: `SOCKS5_n` with n of RFC 1928 6, `SOCKS5_AUTH`, `PROXY_status` of HTTP CONNECT
 * (RFC 9110 9.3.6), origin `peer`.
 */
export async function throughProxy(
  stream: Stream,
  proxy: ProxyServer,
  target: { readonly host: string; readonly port: number },
  options: Omit<HandshakeOptions, 'name' | 'phase'>,
): Promise<Outcome<Stream>> {
  const elapsed = stopwatch()
  const named: HandshakeOptions = { ...options, phase: 'connect', name: `the proxy ${proxyName(proxy)}` }
  const answer: Answer = (bytes, decode) => ask(stream, bytes, decode, named)
  const refused = await (proxy.scheme === 'http' ? httpConnect : socksConnect)(answer, proxy, target)
  if (!refused) return ok(stream, elapsed())
  const failed = { ...refused, endpoint: options.endpoint }
  stream.end('error', failed)
  return fail(failed, elapsed())
}

type Answer = <T>(bytes: Uint8Array | string, decode: Decoder<T>) => Promise<Outcome<T>>
type Target = { readonly host: string; readonly port: number }

/** Null where the way is open. */
async function socksConnect(answer: Answer, proxy: ProxyServer, { host, port }: Target): Promise<Failure | null> {
  const { credentials } = proxy
  const refuse = (code: string, message: string) => refusal(proxy, code, message)
  const method = await answer(socks5.encodeGreeting(credentials !== null), socks5.decodeMethod)
  if (!method.ok) return method.failure
  if (method.value === 'refused' || (method.value === 'password' && !credentials)) {
    const wants = credentials ? 'takes neither no authentication nor a password' : 'wants a user name and a password'
    return refuse('SOCKS5_AUTH', wants)
  }
  if (method.value === 'password' && credentials) {
    const taken = await answer(socks5.encodeCredentials(credentials), socks5.decodeAuthentication)
    if (!taken.ok) return taken.failure
    if (!taken.value) return refuse('SOCKS5_AUTH', `did not take the password of ${credentials.username}`)
  }
  const reply = await answer(socks5.encodeConnect(host, port), socks5.decodeReply)
  if (!reply.ok) return reply.failure
  if (reply.value === 0) return null
  return refuse(
    `SOCKS5_${reply.value}`,
    `says of ${formatEndpoint(host, port)}: ${socks5.describeReply(reply.value)} (reply ${reply.value})`,
  )
}

async function httpConnect(answer: Answer, proxy: ProxyServer, { host, port }: Target): Promise<Failure | null> {
  const authority = formatEndpoint(host, port)
  const { credentials } = proxy
  const secret = credentials && Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  const authorization = secret === null ? '' : `Proxy-Authorization: Basic ${secret}\r\n`
  const request = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`
  const head = await answer(request, decodeHead)
  if (!head.ok) return head.failure
  const { status, text } = head.value
  if (status >= 200 && status < 300) return null
  return refusal(proxy, `PROXY_${status}`, `answered CONNECT ${authority} with ${`${status} ${text}`.trim()}`)
}

/** The final status line of a response; 1xx responses before it are passed over, headers of the tunnel mean nothing. */
function decodeHead(bytes: Uint8Array): { value: { status: number; text: string }; used: number } | null {
  const text = Buffer.from(bytes).toString('latin1')
  for (let from = 0; ; ) {
    const end = /\r?\n\r?\n/g
    end.lastIndex = from
    const found = end.exec(text)
    const [line = ''] = text.slice(from).split(/\r?\n/, 1)
    const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(line) ?? []
    if (status === undefined && (found || !'HTTP/1.'.startsWith(line.slice(0, 7)))) {
      throw new Error(`${JSON.stringify(octetText(line.slice(0, 80)))} is no status line`)
    }
    if (!found || status === undefined) return null
    from = end.lastIndex
    if (!status.startsWith('1')) return { value: { status: Number(status), text: octetText(reason) }, used: from }
  }
}

/** The proxy wants to know who asks. */
const PASSWORD_CODES = ['SOCKS5_AUTH', 'PROXY_407']

function refusal(proxy: ProxyServer, code: string, what: string): Failure {
  return failure({
    phase: 'connect',
    origin: 'peer',
    code,
    message: `the proxy ${proxyName(proxy)} ${what}`,
    ...(PASSWORD_CODES.includes(code)
      ? hint('the proxy wants to know who asks: give it a user and a password', 'proxy-login')
      : hint('this is what the proxy says; the target itself was not reached')),
  })
}
