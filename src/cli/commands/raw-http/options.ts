import { type EndpointForm, type EndpointText, parseEndpoint } from '../../../core/address/endpoint.js'
import { parseDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import type { TlsOptions } from '../../../net/tls/client.js'
import type { Expectations, Peer, RawHttpOptions, RequestSpec, TimedPhase } from '../../../operations/raw-http/index.js'
import { checkField, checkMethod, checkTarget, hostField } from '../../../protocol/http/request-encoder.js'
import { VERSION } from '../../../version.js'
import type { Arguments } from '../../args/arguments.js'
import { checkFamily, positiveMs, reachOptions, tlsOptions } from '../../args/flags/network.js'
import { TLS_FLAGS } from '../../args/flags/shared.js'

const DEFAULT_IDLE_MS = 30_000
const MAX_COUNT = 1_000_000_000
const PHASES: readonly TimedPhase[] = ['lookup', 'connect', 'tls', 'send', 'wait', 'receive', 'total']

/** What is written to stdout: head and body, one of them, or the wire. */
export type Shown = 'message' | 'head' | 'body' | 'wire'

export interface RawHttpCommandOptions extends RawHttpOptions {
  readonly show: Shown
  readonly hex: boolean
}

/** Pure. Throws UsageError. */
export function rawHttpOptions(args: Arguments): RawHttpCommandOptions {
  refuseLostBytes(args)
  const word = args.word('target') ?? ''
  const endpoint = readTarget(word, args.has('tls'))
  const secure = endpoint.scheme === 'https' || endpoint.scheme === 'tls' || args.has('tls')
  const show = readShown(args)
  const reach = reachOptions(args)
  const count = args.integer('repeat', { min: 1, max: MAX_COUNT }, 1)
  const tls = readTls(args, endpoint, secure)
  if (show.hex && args.has('output')) throw new UsageError('--hex and --output exclude each other', '--hex')
  if (args.has('print-request') && args.has('repeat'))
    throw new UsageError('--print-request sends nothing, so there is nothing to --repeat', '--repeat')
  const peer = readPeer(args, endpoint, secure)
  if (peer.kind === 'tcp') checkFamily(peer.host, args.has('connect-to') ? '--connect-to' : '<target>', reach)
  return {
    peer,
    reach,
    tls,
    request: readRequest(args, endpoint, secure),
    count,
    idleMs: positiveMs(args, 'idle-timeout', DEFAULT_IDLE_MS),
    wire: show.show === 'wire',
    decompress: args.has('decompress'),
    maxBodyBytes: args.sizeBytes('max-body', null),
    output: args.text('output'),
    dryRun: args.has('print-request'),
    strict: args.has('strict'),
    expect: readExpectations(args),
    ...show,
  }
}

/** Node hands over a command line as text: bytes in it that are no UTF-8 are U+FFFD by now, and would be sent as that. */
function refuseLostBytes(args: Arguments): void {
  const ways: readonly (readonly [string, readonly string[], string])[] = [
    ['<target>', args.words('target'), '--request FILE'],
    ['<path>', args.words('path'), '--request FILE'],
    ['--header', args.list('header'), '--request FILE'],
    ['--data', args.list('data'), '--data @FILE'],
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

function readShown(args: Arguments): { show: Shown; hex: boolean } {
  const given = (['head', 'body', 'bytes'] as const).filter((flag) => args.has(flag))
  if (given.length > 1)
    throw new UsageError(`--${given.join(' and --')} exclude each other; head and body is the default`, `--${given[1]}`)
  const hex = args.has('hex')
  const [only] = given
  const show = only === 'bytes' || (hex && only === undefined) ? 'wire' : (only ?? 'message')
  if (show === 'wire' && args.has('decompress'))
    throw new UsageError('--decompress does not go with the bytes of the wire; add --body', '--decompress')
  return { show, hex }
}

function readPeer(args: Arguments, endpoint: EndpointText, secure: boolean): Peer {
  const text = args.text('connect-to')
  if (text === null) return peerOf(endpoint, secure ? 443 : 80)
  const other = parseEndpoint(text, '--connect-to', CONNECT_TO_FORM)
  return peerOf(other, endpoint.port ?? (secure ? 443 : 80))
}

function peerOf({ scheme, host, port, path }: EndpointText, defaultPort: number): Peer {
  if (scheme === 'unix') return { kind: 'unix', path: path ?? '' }
  return { kind: 'tcp', host: host ?? '', port: port ?? defaultPort }
}

function readTls(args: Arguments, { host }: EndpointText, secure: boolean): TlsOptions | null {
  const options = tlsOptions(args)
  if (secure) {
    const servername = options.servername ?? host ?? 'localhost'
    return { ...options, servername, alpn: options.alpn ?? ['http/1.1'] }
  }
  const given = Object.keys(TLS_FLAGS).find((flag) => args.has(flag))
  if (given) throw new UsageError(`--${given} goes with TLS: https://... or --tls`, `--${given}`)
  return null
}

function readRequest(args: Arguments, endpoint: EndpointText, secure: boolean): RequestSpec {
  const raw = args.bytes('request')
  const path = args.word('path')
  if (raw !== null) {
    const flags = ['method', 'header', 'data', 'chunked', 'http', 'no-default-headers'].filter((flag) => args.has(flag))
    const [extra] = [...flags.map((flag) => `--${flag}`), ...(path === null ? [] : ['<path>'])]
    if (extra) throw new UsageError(`--request sends its own bytes and no others: leave ${extra} out`, extra)
    return { kind: 'bytes', bytes: raw }
  }
  const isUnix = endpoint.scheme === 'unix'
  const fromUrl = isUnix ? null : endpoint.path
  if (path !== null && fromUrl !== null && fromUrl !== '/')
    throw new UsageError(`<path> ${JSON.stringify(path)} and the URL's ${JSON.stringify(fromUrl)}: give one`, '<path>')
  const body = args.bytes('data')
  if (args.has('chunked') && body === null) throw new UsageError('--chunked goes with --data', '--chunked')
  const httpVersion = args.choice('http', ['1.0', '1.1'], '1.1')
  if (args.has('chunked') && httpVersion === '1.0')
    throw new UsageError(
      '--chunked does not go with --http 1.0, which has no chunked bodies (RFC 9112 6.1)',
      '--chunked',
    )
  const method = args.text('method') ?? (body === null ? 'GET' : 'POST')
  checkMethod(method, '--method')
  const target = path ?? fromUrl ?? '/'
  checkTarget(target, path === null ? '<target>' : '<path>')
  const defaultPort = secure ? 443 : 80
  const host = isUnix ? 'localhost' : hostField(endpoint.host ?? '', endpoint.port ?? defaultPort, defaultPort)
  return {
    kind: 'fields',
    method,
    target,
    httpVersion,
    headers: args.list('header').map(readHeader),
    defaults: args.has('no-default-headers') ? null : { host, userAgent: `netkit/${VERSION}` },
    body,
    chunked: args.has('chunked'),
  }
}

/** `Name: value`; `Name:` removes a default, `Name;` sends the name with nothing behind it. */
function readHeader(text: string): readonly [string, string | null] {
  const [, name, mark, value = ''] = /^([^:;]+)([:;])[ \t]*(.*)$/s.exec(text) ?? []
  if (name === undefined || (mark === ';' && value !== ''))
    throw UsageError.of('--header', text, "'Name: value', 'Name:' to leave it out, or 'Name;' for an empty one")
  checkField(name, value, '--header')
  return [name, mark === ':' && value === '' ? null : value]
}

function readExpectations(args: Arguments): Expectations {
  const body = args.text('expect-body')
  return {
    success: args.has('fail'),
    statuses: (args.text('expect-status')?.split(',') ?? []).map(readStatus),
    headers: args.list('expect-header').map(readExpectedHeader),
    body: body === null ? null : readRegExp(body, '--expect-body', 'm'),
    under: args.list('expect-under').flatMap((list) => list.split(',').map(readUnder)),
  }
}

function readStatus(text: string): Expectations['statuses'][number] {
  const [, digit, from, to] = /^(?:([1-9])xx|([1-9]\d\d)(?:-([1-9]\d\d))?)$/i.exec(text) ?? []
  if (digit !== undefined) return { from: Number(digit) * 100, to: Number(digit) * 100 + 99 }
  const range = { from: Number(from), to: Number(to ?? from) }
  if (range.from <= range.to) return range
  throw UsageError.of('--expect-status', text, 'a status: 200, 3xx or 200-204')
}

/** `Name`, `Name: value`, or `Name: /pattern/`. */
function readExpectedHeader(text: string): Expectations['headers'][number] {
  const [, name, value] = /^([^:\s]+)(?::[ \t]*(.*))?$/s.exec(text) ?? []
  if (name === undefined) throw UsageError.of('--expect-header', text, "'Name', 'Name: value' or 'Name: /pattern/'")
  const pattern = /^\/(.*)\/$/s.exec(value ?? '')?.[1]
  return { name, value: pattern === undefined ? (value ?? null) : readRegExp(pattern, '--expect-header', '') }
}

function readRegExp(text: string, argument: string, flags: string): RegExp {
  try {
    return new RegExp(text, flags)
  } catch (error) {
    throw UsageError.of(argument, text, `a regular expression: ${error instanceof Error ? error.message : ''}`)
  }
}

/** `D` for the whole, or `phase=D`. */
function readUnder(text: string): Expectations['under'][number] {
  const [, name = 'total', duration = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? []
  const phase = PHASES.find((each) => each === name)
  if (!phase) throw UsageError.of('--expect-under', text, `a duration, or one of ${PHASES.join(', ')} and =D`)
  return { phase, ms: parseDuration(duration, '--expect-under') }
}
