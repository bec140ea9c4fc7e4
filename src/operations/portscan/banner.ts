import pLimit from 'p-limit'
import { Deadline } from '../../core/deadline.js'
import { attempt } from '../../net/dial.js'
import { firstBytes } from '../../net/first-bytes.js'
import { startTls, type TlsReport } from '../../net/tls.js'
import type { Host } from './hosts.js'
import type { PortBanner, PortscanOptions, PortTls } from './types.js'

/** Services asked at once. */
const CONCURRENCY = 16
const CONNECT_MS = 5000
/** How long a service may take to speak by itself; then to answer an empty line. */
const SPEAK_MS = 1500
const MAX_BYTES = 512

/** TLS from the first byte, as IANA has it (https, smtps, nntps, ldaps, domain-s, ftps, imaps, pop3s ...) or as is usual. */
const TLS_PORTS = new Set([
  443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 5061, 5671, 6443, 6697, 8443, 8883, 9443,
])

/** Asks open ports what they say, a few at a time, while the scan goes on. */
export class BannerGrabber {
  readonly #limit = pLimit(CONCURRENCY)
  readonly #pending = new Set<Promise<void>>()
  readonly #options: PortscanOptions
  readonly #signal: AbortSignal

  constructor(options: PortscanOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** Calls back once, also where nothing was said. */
  ask(host: Host, port: number, said: (banner: PortBanner) => void): void {
    const asked = this.#limit(() => grab(host, port, this.#options, this.#signal)).then(said)
    this.#pending.add(asked)
    void asked.finally(() => this.#pending.delete(asked))
  }

  async finished(): Promise<void> {
    await Promise.all(this.#pending)
  }
}

const NOTHING: PortBanner = { banner: null, tls: null }

async function grab(
  host: Host,
  port: number,
  { sourceAddress }: PortscanOptions,
  signal: AbortSignal,
): Promise<PortBanner> {
  const within = { deadline: Deadline.after(CONNECT_MS), signal }
  const outcome = await attempt(host.target, port, host, { ...within, sourceAddress })
  if (!outcome.ok) return NOTHING
  const { socket } = outcome.value
  if (!TLS_PORTS.has(port))
    return { banner: decode(await firstBytes(socket, { speakMs: SPEAK_MS, maxBytes: MAX_BYTES, signal })), tls: null }

  const endpoint = { host: host.target, address: host.address, port, path: null }
  const session = await startTls(socket, endpoint, { ...within, insecure: true })
  if (!session.ok) return NOTHING
  const said = await firstBytes(session.value.socket, { speakMs: SPEAK_MS, maxBytes: MAX_BYTES, signal })
  return { banner: decode(said), tls: describeTls(session.value.report) }
}

function decode(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}

function describeTls({ protocol, chain, authorized }: TlsReport): PortTls | null {
  const [leaf] = chain
  if (!leaf) return null
  const names = leaf.altNames.map((name) => name.replace(/^(DNS|IP Address):/, ''))
  const { issuer, validTo, daysLeft } = leaf
  return { protocol, names: names.length > 0 ? names : [leaf.subject], issuer, validTo, daysLeft, authorized }
}
