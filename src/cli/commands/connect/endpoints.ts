import { type EndpointForm, type EndpointText, parseEndpoint, parsePort } from '../../../core/address/endpoint.js'
import { checkHost } from '../../../core/address/host-name.js'
import { UsageError } from '../../../core/usage-error.js'
import type { HostPort } from '../../../operations/connect/index.js'

/** What to connect to, and the scheme that a URL named. */
export interface ConnectEndpoint extends HostPort {
  readonly scheme: EndpointText['scheme']
}

const FORM: EndpointForm = {
  schemes: ['tcp', 'tls', 'udp'],
  text: 'host:port, tcp://, tls:// or udp://host:port, or unix:PATH',
}

/** `host port`, or endpoints that carry their port, or a socket's path. */
export function readEndpoints(words: readonly string[]): ConnectEndpoint[] {
  const [first, second] = words
  if (first === undefined) throw new UsageError('<endpoint> is missing: host port, or host:port', '<endpoint>')
  if (words.length === 2 && second !== undefined && !second.includes(':') && !first.startsWith('unix:')) {
    const host = checkHost(first.replace(/^\[(.*)\]$/, '$1'), '<host>')
    const name = host.kind === 'address' ? host.address : host.name
    return [{ host: name, port: parsePort(second, '<port>'), scheme: null }]
  }
  if (/^\d+$/.test(second ?? '') && words[2] !== undefined && !/[:/]/.test(first)) {
    const why = 'a host and its port are two words, several endpoints are host:port each'
    throw new UsageError(`unexpected argument ${JSON.stringify(words[2])}; ${why}`, words[2])
  }
  const endpoints = words.map(readEndpoint)
  const seen = new Set<string>()
  for (const { host, port } of endpoints) {
    const key = `${host} ${port}`
    if (seen.has(key)) throw UsageError.of('<endpoint>', `${host}:${port}`, 'given once: it stands there twice')
    seen.add(key)
  }
  return endpoints
}

function readEndpoint(word: string): ConnectEndpoint {
  const { scheme, host, port, path } = parseEndpoint(word, '<endpoint>', FORM)
  if (scheme === 'unix') return { host: `unix:${path ?? ''}`, port: 0, scheme }
  if (host === null || port === null)
    throw UsageError.of('<endpoint>', word, 'host:port; or give the host and the port as two words')
  return { host, port, scheme }
}
