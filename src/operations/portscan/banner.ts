import pLimit from 'p-limit'
import { Deadline } from '../../core/deadline.js'
import { base64Text, latin1Text, utf8Text } from '../../core/text/utf8.js'
import { type Reached, reach } from '../../net/connect/reach.js'
import { firstBytes } from '../../net/stream/first-bytes.js'
import { secure, type TlsReport } from '../../net/tls/client.js'
import type { ScanHost } from './hosts.js'
import type { PortBanner, PortscanOptions, PortTls } from './types.js'

/** Services asked at once. */
const CONCURRENCY = 16
const CONNECT_MS = 5000
/** How long a service may take to speak by itself; then to answer an empty line. */
const SPEAK_MS = 1500
const MAX_BYTES = 512
/** Open ports that may wait for their turn before the scan waits for them, and down to how many. */
const MAX_PENDING = 1024
const FEW_PENDING = 128

/** How long a handshake may take where TLS is only a guess. */
const GUESS_MS = 2000

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
  #resume: (() => void) | null = null

  constructor(options: PortscanOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** Calls back once, also where nothing was said; with null where the scan was stopped before that was known. */
  ask(host: ScanHost, port: number, said: (banner: PortBanner | null) => void): void {
    const asked = this.#limit(() => grab(host, port, this.#options, this.#signal)).then((banner) =>
      said(this.#signal.aborted ? null : banner),
    )
    this.#pending.add(asked)
    void asked.finally(() => {
      this.#pending.delete(asked)
      if (this.#pending.size <= FEW_PENDING) this.#resume?.()
    })
  }

  /** What to wait for before more is asked; undefined while few are waiting. */
  drained(): Promise<void> | undefined {
    if (this.#pending.size <= MAX_PENDING) return undefined
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  async finished(): Promise<void> {
    await Promise.all(this.#pending)
  }
}

/** First what is usual for the port, then, where that brought nothing, the other one: TLS is spoken on any port. */
async function grab(host: ScanHost, port: number, options: PortscanOptions, signal: AbortSignal): Promise<PortBanner> {
  const connection = { host, port, sourceAddress: options.sourceAddress, signal }
  if (TLS_PORTS.has(port)) return (await askTls(connection, CONNECT_MS)) ?? plainBanner(await askPlain(connection))
  const said = await askPlain(connection)
  if (said && (said.length === 0 || isTlsAlert(said))) return (await askTls(connection, GUESS_MS)) ?? plainBanner(said)
  return plainBanner(said)
}

interface Connection extends Pick<PortscanOptions, 'sourceAddress'> {
  readonly host: ScanHost
  readonly port: number
  readonly signal: AbortSignal
}

/** null where it takes no second connection. */
async function reachPort({ host, port, sourceAddress, signal }: Connection): Promise<Reached | null> {
  const within = { deadline: Deadline.after(CONNECT_MS), signal }
  const target = { host: host.target, port }
  // Whether it took our empty line is nothing to wait for.
  const outcome = await reach(target, { ...within, sourceAddress, addresses: [host], patienceMs: 0 })
  return outcome.ok ? outcome.value : null
}

/** What it says in the clear; null where there was no second connection. */
async function askPlain(connection: Connection): Promise<Uint8Array | null> {
  const reached = await reachPort(connection)
  return reached && firstBytes(reached.stream, { speakMs: SPEAK_MS, maxBytes: MAX_BYTES, signal: connection.signal })
}

function plainBanner(said: Uint8Array | null): PortBanner {
  return { ...decode(said ?? new Uint8Array()), tls: null }
}

/** null where no handshake came about. */
async function askTls(connection: Connection, handshakeMs: number): Promise<PortBanner | null> {
  const { signal } = connection
  const reached = await reachPort(connection)
  if (!reached) return null
  const { stream, endpoint } = reached
  const session = await secure(stream, endpoint, { deadline: Deadline.after(handshakeMs), signal, insecure: true })
  if (!session.ok) return null
  const said = await firstBytes(stream, { speakMs: SPEAK_MS, maxBytes: MAX_BYTES, signal })
  return { ...decode(said), tls: describeTls(session.value.report) }
}

/** A record of type alert (RFC 8446 5.1): how a TLS server answers an empty line. */
function isTlsAlert([type, major]: Uint8Array): boolean {
  return type === 21 && major === 3
}

/** A character that the bound has cut in two is left out. */
function decode(bytes: Uint8Array): Pick<PortBanner, 'banner' | 'bannerBase64'> {
  if (bytes.length === 0) return { banner: null, bannerBase64: null }
  const banner = utf8Text(bytes, { cut: bytes.length === MAX_BYTES })
  return { banner: banner ?? latin1Text(bytes), bannerBase64: banner === null ? base64Text(bytes) : null }
}

function describeTls({ protocol, chain, authorized }: TlsReport): PortTls | null {
  const [leaf] = chain
  if (!leaf) return null
  const names = leaf.altNames.map((name) => name.replace(/^(DNS|IP Address):/, ''))
  const { issuer, validTo, daysLeft } = leaf
  return { protocol, names: names.length > 0 ? names : [leaf.subject], issuer, validTo, daysLeft, authorized }
}
