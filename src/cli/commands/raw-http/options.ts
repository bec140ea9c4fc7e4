import { type EndpointForm, type EndpointText, parseEndpoint } from '../../../core/address/endpoint.js'
import { UsageError } from '../../../core/usage-error.js'
import type { TlsOptions } from '../../../net/tls/client.js'
import type { HttpPeer, RawHttpOptions, RequestSpec, ResponseExpectations } from '../../../operations/raw-http/index.js'
import { checkTarget, hostField } from '../../../protocol/http/request-encoder.js'
import { VERSION } from '../../../version.js'
import { checkFamily, networkOptions } from '../../args/flags/network.js'
import { TLS_FLAG_NAMES, tlsOptions } from '../../args/flags/tls.js'
import { RAW_HTTP_FLAGS, type RawHttpArguments } from './flags.js'

/** For the first byte of an answer. */
const DEFAULT_ANSWER_MS = 30_000

/** What is written to stdout: head and body, one of them, or the wire. */
export type Shown = 'message' | 'head' | 'body' | 'wire'

export interface RawHttpCommandOptions extends RawHttpOptions {
  readonly show: Shown
  readonly hex: boolean
}

/** Throws UsageError. */
export function readRawHttp(args: RawHttpArguments): RawHttpCommandOptions {
  refuseLostBytes(args)
  const endpoint = readTarget(args.word('target'), args.has('tls'))
  const secure = endpoint.scheme === 'https' || endpoint.scheme === 'tls' || args.has('tls')
  const shown = readShown(args)
  const reach = networkOptions(args)
  const idleMs = args.value('idle-timeout')
  const answerMs = args.has('timeout') ? args.value('timeout') : DEFAULT_ANSWER_MS
  const tls = readTls(args, endpoint, secure)
  const peer = readPeer(args, endpoint, secure)
  if (peer.kind === 'tcp') checkFamily(peer.host, args.has('connect-to') ? '--connect-to' : '<target>', reach)
  return {
    ...args.options(RAW_HTTP_FLAGS),
    ...shown,
    peer,
    reach,
    tls,
    request: readRequest(args, endpoint, secure),
    count: args.value('repeat') ?? 1,
    answerMs,
    // Whoever allows an answer more time than that means it.
    idleMs: args.has('idle-timeout') ? idleMs : Math.max(answerMs, idleMs),
    wire: shown.show === 'wire',
    dryRun: args.value('print-request'),
    expect: readExpectations(args),
  }
}

/** Node hands over a command line as text: bytes in it that are no UTF-8 are U+FFFD by now, and would be sent as that. */
function refuseLostBytes(args: RawHttpArguments): void {
  const ways: readonly (readonly [string, readonly string[], string])[] = [
    ['<target>', args.words('target'), '--request FILE'],
    ['<path>', args.words('path'), '--request FILE'],
    ['--header', args.written('header'), '--request FILE'],
    ['--data', args.written('data'), '--data @FILE'],
  ]
  for (const [argument, texts, way] of ways) {
    const lost = texts.find((text) => text.includes('\ufffd'))
    if (lost !== undefined)
      throw UsageError.of(argument, lost, `UTF-8, and a command line cannot carry other bytes; ${way} sends any`)
  }
}

/** UDP is refused with its reason. */
const TARGET_FORM: EndpointForm = {
  schemes: ['http', 'https', 'tcp', 'tls', 'udp'],
  text: 'host, host:port, unix:PATH or a URL (http, https, tcp, tls)',
}
const CONNECT_TO_FORM: EndpointForm = { schemes: ['tcp'], text: 'ADDR:PORT or unix:PATH' }

/** As `parseEndpoint` reads it, and `host/path` or `host?query` as the URL that it stands for. */
function readTarget(word: string, tls: boolean): EndpointText {
  const isBare = /^(\[[^\]]*\]|[^/?:]*)(:\d+)?[/?]/.test(word) && !/^unix:/i.test(word)
  const endpoint = parseEndpoint(isBare ? `${tls ? 'https' : 'http'}://${word}` : word, '<target>', TARGET_FORM)
  if (endpoint.scheme === 'udp') throw UsageError.of('<target>', word, 'a TCP endpoint: HTTP/1 needs a stream')
  if (tls && (endpoint.scheme === 'http' || endpoint.scheme === 'tcp'))
    throw new UsageError(`--tls and ${endpoint.scheme}:// contradict each other; write https://`, '--tls')
  return endpoint
}

function readShown(args: RawHttpArguments): { show: Shown; hex: boolean } {
  const only = args.firstOf(['head', 'body', 'bytes'])
  const hex = args.value('hex')
  const show = only === 'bytes' || (hex && only === null) ? 'wire' : (only ?? 'message')
  if (show === 'wire' && args.has('decompress'))
    throw new UsageError('--decompress does not go with the bytes of the wire; add --body', '--decompress')
  return { show, hex }
}

function readPeer(args: RawHttpArguments, endpoint: EndpointText, secure: boolean): HttpPeer {
  const text = args.value('connect-to')
  if (text === null) return peerOf(endpoint, secure ? 443 : 80)
  const other = parseEndpoint(text, '--connect-to', CONNECT_TO_FORM)
  return peerOf(other, endpoint.port ?? (secure ? 443 : 80))
}

function peerOf({ scheme, host, port, path }: EndpointText, defaultPort: number): HttpPeer {
  if (scheme === 'unix') return { kind: 'unix', path: path ?? '' }
  return { kind: 'tcp', host: host ?? '', port: port ?? defaultPort }
}

function readTls(args: RawHttpArguments, { host }: EndpointText, secure: boolean): TlsOptions | null {
  const options = tlsOptions(args)
  if (secure) {
    const servername = options.servername ?? host ?? 'localhost'
    return { ...options, servername, alpn: options.alpn ?? ['http/1.1'] }
  }
  const given = args.firstOf(TLS_FLAG_NAMES)
  if (given !== null) throw new UsageError(`--${given} goes with TLS: https://... or --tls`, `--${given}`)
  return null
}

function readRequest(args: RawHttpArguments, endpoint: EndpointText, secure: boolean): RequestSpec {
  const raw = args.value('request')
  const path = args.word('path')
  if (raw !== null) {
    if (path === null) return { kind: 'bytes', bytes: raw }
    throw new UsageError('--request sends its own bytes and no others: leave <path> out', '<path>')
  }
  const isUnix = endpoint.scheme === 'unix'
  const fromUrl = isUnix ? null : endpoint.path
  if (path !== null && fromUrl !== null && fromUrl !== '/')
    throw new UsageError(`<path> ${JSON.stringify(path)} and the URL's ${JSON.stringify(fromUrl)}: give one`, '<path>')
  const body = args.value('data')
  const chunked = args.value('chunked')
  const httpVersion = args.value('http')
  if (chunked && httpVersion === '1.0')
    throw new UsageError(
      '--chunked does not go with --http 1.0, which has no chunked bodies (RFC 9112 6.1)',
      '--chunked',
    )
  const method = args.value('method') ?? (body === null ? 'GET' : 'POST')
  const target = path ?? fromUrl ?? '/'
  checkTarget(target, path === null ? '<target>' : '<path>')
  const defaultPort = secure ? 443 : 80
  const host = isUnix ? 'localhost' : hostField(endpoint.host ?? '', endpoint.port ?? defaultPort, defaultPort)
  return {
    kind: 'fields',
    method,
    target,
    httpVersion,
    headers: args.value('header'),
    defaults: args.has('no-default-headers') ? null : { host, userAgent: `netkit/${VERSION}` },
    body,
    chunked,
  }
}

function readExpectations(args: RawHttpArguments): ResponseExpectations {
  return {
    success: args.value('fail'),
    statuses: args.value('expect-status') ?? [],
    headers: args.value('expect-header'),
    body: args.value('expect-body'),
    under: args.value('expect-under').flat(),
  }
}
