import { UsageError } from '../../core/usage-error.js'
import { TOKEN } from './grammar.js'

/** What is sent unless the request's own headers name or remove it; null leaves a field out. */
export interface RequestDefaults {
  /** As {@link hostField} gives it. */
  readonly host: string
  readonly userAgent: string
  readonly connection: 'close' | 'keep-alive' | null
}

export interface RequestHead {
  readonly method: string
  /** Sent exactly as given. */
  readonly target: string
  readonly httpVersion: '1.0' | '1.1'
  /** In order, case and duplicates kept; a null value removes the default of that name. */
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  /** null for none: only `headers` and the framing of the body. */
  readonly defaults: RequestDefaults | null
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'chunked' }
    | { readonly kind: 'length'; readonly sizeBytes: number }
}

type Field = readonly [name: string, value: string]

const FORBIDDEN = /[\r\n\0]/
const CRLF = Buffer.from('\r\n')

/** Ends a chunked body that has no trailers. */
export const LAST_CHUNK: Uint8Array = Buffer.from('0\r\n\r\n')

/**
 * The head of a request on the wire (RFC 9112 3), in UTF-8. Defaults come first, then `headers`, then Content-Length
 * or Transfer-Encoding and Connection, each only where `headers` does not name it: what the user says is sent.
 * @throws UsageError where a part would break out of its line, a name is no token, or HTTP/1.0 is to send chunks
 */
export function encodeRequestHead(request: RequestHead): Buffer {
  checkMethod(request.method)
  checkTarget(request.target)

  const named = new Set<string>()
  const own: Field[] = []
  for (const [name, value] of request.headers) {
    checkField(name, value)
    named.add(name.toLowerCase())
    if (value !== null) own.push([name, value])
  }
  const unlessNamed = ([name, value]: Field) => {
    refuseLineBreaks(`header ${name}`, value)
    return !named.has(name.toLowerCase())
  }
  const fields = [
    ...leadingDefaults(request.defaults).filter(unlessNamed),
    ...own,
    ...framingFields(request, named),
    ...connectionDefault(request.defaults).filter(unlessNamed),
  ]
  const lines = fields.map(([name, value]) => (value === '' ? `${name}:\r\n` : `${name}: ${value}\r\n`))
  return Buffer.from(`${request.method} ${request.target} HTTP/${request.httpVersion}\r\n${lines.join('')}\r\n`)
}

/** Throws a UsageError for what is no method; `argument`, here and below, is how its user named it. */
export function checkMethod(method: string, argument = 'method'): void {
  if (!TOKEN.test(method)) throw UsageError.of(argument, method, 'an HTTP method')
}

/** Throws a UsageError for a target that would break out of its line, or is none. */
export function checkTarget(target: string, argument = 'request target'): void {
  if (target === '') throw new UsageError(`${argument}: the request target is empty`, argument)
  refuseLineBreaks(argument, target)
}

/** Throws a UsageError for a field that would break out of its line, or whose name is none. */
export function checkField(name: string, value: string | null, argument?: string): void {
  if (!TOKEN.test(name)) throw UsageError.of(argument ?? 'header name', name, 'an HTTP field name')
  if (value !== null) refuseLineBreaks(argument ?? `header ${name}`, value)
}

/** One chunk (RFC 9112 7.1) as pieces to write in order, `data` not copied; none for no data, which would end the body. */
export function encodeChunk(data: Uint8Array): Uint8Array[] {
  if (data.length === 0) return []
  return [Buffer.from(`${data.length.toString(16)}\r\n`), data, CRLF]
}

/** The value of Host (RFC 9110 7.2): IPv6 in brackets and without its zone, the port unless it is the scheme's own. */
export function hostField(host: string, port: number, defaultPort: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const name = bare.includes(':') ? `[${bare.replace(/%.*/, '')}]` : bare
  return port === defaultPort ? name : `${name}:${port}`
}

function leadingDefaults(defaults: RequestDefaults | null): Field[] {
  if (!defaults) return []
  return [
    ['Host', defaults.host],
    ['User-Agent', defaults.userAgent],
    ['Accept', '*/*'],
  ]
}

function connectionDefault(defaults: RequestDefaults | null): Field[] {
  return defaults?.connection ? [['Connection', defaults.connection]] : []
}

/** Framing is no default that goes with the others: a body without it would be read as the next request. */
function framingFields({ body, httpVersion }: RequestHead, named: ReadonlySet<string>): Field[] {
  if (body.kind === 'none') return []
  if (body.kind === 'chunked' && httpVersion === '1.0') {
    throw new UsageError('HTTP/1.0 has no chunked bodies (RFC 9112 6.1)')
  }
  if (named.has('content-length') || named.has('transfer-encoding')) return []
  if (body.kind === 'chunked') return [['Transfer-Encoding', 'chunked']]
  if (!Number.isSafeInteger(body.sizeBytes) || body.sizeBytes < 0) {
    throw UsageError.of('body size', String(body.sizeBytes), 'a size in bytes')
  }
  return [['Content-Length', String(body.sizeBytes)]]
}

function refuseLineBreaks(what: string, value: string): void {
  if (FORBIDDEN.test(value)) throw UsageError.of(what, value, 'free of CR, LF and NUL')
}
