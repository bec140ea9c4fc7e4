import { type EndpointForm, type EndpointText, parseEndpoint } from '../core/address/endpoint.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import {
  type HttpPeer,
  type RawHttpEvent,
  type RawHttpSummary,
  type RequestSpec,
  type ResponseExpectations,
  rawHttp as rawHttpOperation,
  type TimedPhase,
} from '../operations/raw-http/index.js'
import { checkField, checkMethod, checkTarget, hostField } from '../protocol/http/request-encoder.js'
import { VERSION } from '../version.js'
import { begin, type OptionsReader, type RunOptions, shown } from './options.js'
import { type ReachOptions, readOptionalTls, readReach, type TlsOptions } from './reach.js'

/** What every response must be. */
export interface HttpExpectations {
  /** No 4xx and no 5xx. */
  readonly success?: boolean | undefined
  /** One of these status codes: `200`, or a class such as `2xx`. */
  readonly status?: number | string | readonly (number | string)[] | undefined
  /** A field of each of these names: with that value, with one that the pattern fits, or, where it is true, with any. */
  readonly headers?: Readonly<Record<string, string | RegExp | true>> | undefined
  /** Found in the first 16 MiB of the body. */
  readonly body?: RegExp | undefined
  /** Milliseconds that a phase, or all of it, must take less than: `{ wait: 200, total: 500 }`. */
  readonly under?: Readonly<Partial<Record<TimedPhase, number>>> | undefined
}

/** What {@link rawHttp} takes; only the URL must be given. */
export interface RawHttpOptions extends RunOptions, ReachOptions {
  /** `http://`, `https://`, `host:port` or `unix:PATH`; with the path and query to ask for, where it has one. */
  readonly url: string
  /** The request target, sent exactly as given. Default that of the URL. */
  readonly target?: string | undefined
  /** Default GET, or POST with a body. */
  readonly method?: string | undefined
  /** In order, case and duplicates kept. A value of null leaves the default of that name out. */
  readonly headers?: Readonly<Record<string, string | null>> | readonly (readonly [string, string | null])[] | undefined
  readonly body?: string | Uint8Array | undefined
  /** Sends the body in chunks. */
  readonly chunked?: boolean | undefined
  /** Default `1.1`. */
  readonly httpVersion?: '1.0' | '1.1' | undefined
  /** False sends no Host, User-Agent, Accept and Connection of our own. Default true. */
  readonly defaultHeaders?: boolean | undefined
  /** Sends exactly these bytes, HTTP or not, instead of all of the above but `url`. */
  readonly request?: string | Uint8Array | undefined
  /** Where to connect to instead: `host:port` or `unix:PATH`. */
  readonly connectTo?: string | undefined
  /** TLS; `https://` has it by itself. */
  readonly tls?: boolean | TlsOptions | undefined
  /** How many requests, one after another, on one connection where the peer keeps it. Default 1. */
  readonly repeat?: number | undefined
  /** Milliseconds that both sides may be silent. Default 30000; Infinity for any time. */
  readonly idleTimeoutMs?: number | undefined
  /** `wire` events, what came before any decoding, instead of `body`. */
  readonly wire?: boolean | undefined
  /** Undoes gzip, deflate and br, and zstd from Node 22.15 on. */
  readonly decompress?: boolean | undefined
  /** Stops a body that grows beyond. */
  readonly maxBodyBytes?: number | undefined
  /** A file that takes the body, or with `wire` the wire, instead of events. */
  readonly outputFile?: string | undefined
  /** Only says what would be sent. */
  readonly dryRun?: boolean | undefined
  /** Anomalies that are warnings fail as well. */
  readonly strict?: boolean | undefined
  readonly expect?: HttpExpectations | undefined
}

const DEFAULT_IDLE_MS = 30_000
const PHASES: readonly TimedPhase[] = ['lookup', 'connect', 'tls', 'send', 'wait', 'receive', 'total']
const FORM: EndpointForm = {
  schemes: ['http', 'https', 'tcp', 'tls'],
  text: 'a URL (http, https), host:port or unix:PATH',
}
const CONNECT_TO: EndpointForm = { schemes: ['tcp'], text: 'host:port or unix:PATH' }
const NOTHING_EXPECTED: ResponseExpectations = { success: false, statuses: [], headers: [], body: null, under: [] }

/**
 * Sends requests exactly as given and tells exactly what came: heads, bodies, anomalies, times. Redirects are not followed.
 * Succeeds where every response is complete and meets what is expected of it; fails with `HTTP_...` where the peer broke HTTP,
 * with EXPECTATION where an answer is not the one expected.
 *
 *     for await (const event of rawHttp({ url: 'http://localhost:8080/' })) {
 *       if (event.type === 'response') console.log(event.statusCode, event.headers)
 *     }
 */
export function rawHttp(options: RawHttpOptions): Run<RawHttpEvent, RawHttpSummary> {
  return begin('rawHttp', rawHttpOperation, options, (reader) => {
    const endpoint = readUrl(reader.text('url'))
    const given = readOptionalTls(reader)
    const secure = given !== undefined || endpoint.scheme === 'https' || endpoint.scheme === 'tls'
    const tls = {
      ...given,
      servername: given?.servername ?? endpoint.host ?? 'localhost',
      alpn: given?.alpn ?? ['http/1.1'],
    }
    const idleMs = reader.positive('idleTimeoutMs') ?? DEFAULT_IDLE_MS
    return {
      peer: readPeer(reader, endpoint, secure),
      reach: readReach(reader),
      tls: secure ? tls : null,
      request: readRequest(reader, endpoint, secure),
      count: reader.integer('repeat', { min: 1 }) ?? 1,
      idleMs: idleMs === Number.POSITIVE_INFINITY ? null : idleMs,
      wire: reader.boolean('wire'),
      decompress: reader.boolean('decompress'),
      maxBodyBytes: reader.integer('maxBodyBytes') ?? null,
      output: reader.text('outputFile') ?? null,
      dryRun: reader.boolean('dryRun'),
      strict: reader.boolean('strict'),
      expect: reader.nested('expect', readExpectations) ?? NOTHING_EXPECTED,
    }
  })
}

/** As `parseEndpoint` reads it, and `host/path` as the URL that it stands for. */
function readUrl(url: string | undefined): EndpointText {
  if (url === undefined) throw new UsageError('url is missing: http://..., https://..., host:port or unix:PATH', 'url')
  const isBare = /^(\[[^\]]*\]|[^/?:]*)(:\d+)?[/?]/.test(url) && !/^unix:/i.test(url)
  return parseEndpoint(isBare ? `http://${url}` : url, 'url', FORM)
}

function readPeer(reader: OptionsReader<RawHttpOptions>, endpoint: EndpointText, secure: boolean): HttpPeer {
  const text = reader.text('connectTo')
  const port = endpoint.port ?? (secure ? 443 : 80)
  return text === undefined ? peerOf(endpoint, port) : peerOf(parseEndpoint(text, 'connectTo', CONNECT_TO), port)
}

function peerOf({ scheme, host, port, path }: EndpointText, defaultPort: number): HttpPeer {
  if (scheme === 'unix') return { kind: 'unix', path: path ?? '' }
  return { kind: 'tcp', host: host ?? '', port: port ?? defaultPort }
}

function readRequest(reader: OptionsReader<RawHttpOptions>, endpoint: EndpointText, secure: boolean): RequestSpec {
  const raw = readBytes(reader, 'request')
  const body = readBytes(reader, 'body')
  const method = reader.text('method') ?? (body === null ? 'GET' : 'POST')
  const isUnix = endpoint.scheme === 'unix'
  const target = reader.text('target') ?? (isUnix ? null : endpoint.path) ?? '/'
  const headers = readHeaders(reader.value('headers'))
  const chunked = reader.boolean('chunked')
  const httpVersion = reader.choice('httpVersion', ['1.0', '1.1'] as const) ?? '1.1'
  const hasDefaults = reader.value('defaultHeaders') === undefined || reader.boolean('defaultHeaders')
  const fields = ['method', 'target', 'headers', 'body', 'chunked', 'httpVersion', 'defaultHeaders'] as const
  const stray = raw && fields.find((name) => reader.value(name) !== undefined)
  if (stray) throw new UsageError(`request sends its own bytes and no others: leave ${stray} out`, stray)
  if (raw) return { kind: 'bytes', bytes: raw }
  checkMethod(method)
  checkTarget(target, 'target')
  if (chunked && body === null) throw new UsageError('chunked goes with a body', 'chunked')
  if (chunked && httpVersion === '1.0')
    throw new UsageError('chunked does not go with HTTP/1.0, which has no chunked bodies (RFC 9112 6.1)', 'chunked')
  const port = secure ? 443 : 80
  const host = isUnix ? 'localhost' : hostField(endpoint.host ?? '', endpoint.port ?? port, port)
  const defaults = hasDefaults ? { host, userAgent: `netkit/${VERSION}` } : null
  return { kind: 'fields', method, target, httpVersion, headers, defaults, body, chunked }
}

function readBytes(reader: OptionsReader<RawHttpOptions>, name: 'body' | 'request'): Uint8Array | null {
  const value: unknown = reader.value(name)
  if (value === undefined) return null
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  throw UsageError.of(name, shown(value), 'a text or bytes')
}

function readHeaders(given: unknown): readonly (readonly [string, string | null])[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null) throw UsageError.of('headers', shown(given), 'an object or pairs')
  const pairs: readonly unknown[] = Array.isArray(given) ? given : Object.entries(given)
  return pairs.map((pair) => {
    const [name, value] = Array.isArray(pair) ? (pair as readonly unknown[]) : []
    if (typeof name !== 'string' || (typeof value !== 'string' && value !== null))
      throw UsageError.of('headers', shown(value), 'a name with a text, or with null to leave its default out')
    checkField(name, value)
    return [name, value] as const
  })
}

function readExpectations(reader: OptionsReader<HttpExpectations>): ResponseExpectations {
  const isStatus = (value: unknown) => /^[1-9](\d\d|xx)$/i.test(String(value))
  const statuses = reader.list<number | string>('status', isStatus, 'a status code, or a class such as 2xx')
  const [body] = reader.list<RegExp>('body', (value) => value instanceof RegExp, 'a pattern')
  const headers = Object.entries(objectOf(reader.value('headers'), 'headers')).map(([name, value]) => {
    if (value !== true && typeof value !== 'string' && !(value instanceof RegExp))
      throw UsageError.of('headers', shown(value), 'a text, a pattern or true')
    return { name, value: value === true ? null : value }
  })
  const under = Object.entries(objectOf(reader.value('under'), 'under')).map(([name, ms]) => {
    const phase = PHASES.find((known) => known === name)
    if (phase === undefined) throw UsageError.of('under', name, `a phase: ${PHASES.join(', ')}`)
    if (typeof ms !== 'number' || !(ms > 0)) throw UsageError.of('under', shown(ms), 'milliseconds, above zero')
    return { phase, ms }
  })
  return { success: reader.boolean('success'), statuses: statuses.map(rangeOf), headers, body: body ?? null, under }
}

function objectOf(value: unknown, name: string): object {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw UsageError.of(name, shown(value), 'an object')
  return value
}

function rangeOf(status: number | string): { from: number; to: number } {
  const text = String(status).toLowerCase()
  return { from: Number(text.replaceAll('x', '0')), to: Number(text.replaceAll('x', '9')) }
}
