import { isAddress } from '../../../core/address/address.js'
import { counted } from '../../../core/text/digits.js'
import type { HostEvent, PortscanEvent, PortscanSummary } from '../../../operations/portscan/index.js'
import { VERSION } from '../../../version.js'
import type { View } from '../../command.js'
import type { Screen } from '../../render/screen.js'
import { type HostPorts, type ListedPort, PortsByHost } from './by-host.js'
import { allAsides } from './notes.js'
import type { PortscanCommandOptions } from './options.js'

/** The version of nmap's document type that this follows. */
const XML_VERSION = '1.05'
/** nmap's words for the reasons; what it has no word for keeps the errno's name. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'conn-refused',
  ECONNRESET: 'reset',
  EAGAIN: 'no-response',
  ETIMEDOUT: 'no-response',
  EHOSTUNREACH: 'host-unreach',
  ENETUNREACH: 'net-unreach',
  EACCES: 'admin-prohibited',
  EPERM: 'admin-prohibited',
  ENOPROTOOPT: 'proto-unreach',
}

/** The scan as nmap's XML document, so that what reads nmap's reads this. */
export function xmlView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out } = screen
  const tell = allAsides(screen, options)
  const hosts = new PortsByHost()
  const startedAt = new Date()
  const ports = options.job.kind === 'scan' ? options.job.ports : null
  let up = 0
  let down = 0

  const start = element('nmaprun', {
    scanner: 'nmap', // the only one that the document type knows; `args` tells which it was
    args: 'netkit portscan',
    start: seconds(startedAt),
    startstr: startedAt.toUTCString(),
    version: VERSION,
    xmloutputversion: XML_VERSION,
  })
  out.line('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>')
  out.line(`${start}>`)
  if (ports) {
    const scaninfo = { type: 'connect', protocol: 'tcp', numservices: ports.size, services: ports.toString() }
    out.line(`${element('scaninfo', scaninfo)}/>`)
  }
  out.line('<verbose level="0"/>\n<debugging level="0"/>')

  return {
    event(event) {
      tell(event)
      if (event.type === 'port') hosts.add(event)
      if (event.type !== 'host' || event.address === null) return
      const found = hosts.take(event.target, event.address)
      // A host is up if anything came back from it.
      const answered = event.open > 0 || event.closed > 0
      if (answered) up++
      else down++
      for (const line of hostLines(event, found, answered)) out.line(line)
    },
    end(outcome) {
      screen.status(null)
      const now = new Date()
      const exit = outcome.ok || outcome.failure.origin === 'expectation' ? 'success' : 'error'
      const summary = `netkit done: ${counted(up + down, 'address', 'addresses')} in ${(outcome.elapsedMs / 1000).toFixed(2)} seconds`
      const elapsed = (outcome.elapsedMs / 1000).toFixed(2)
      out.line('<runstats>')
      out.line(`${element('finished', { time: seconds(now), timestr: now.toUTCString(), elapsed, summary, exit })}/>`)
      out.line(`${element('hosts', { up, down, total: up + down })}/>`)
      out.line('</runstats>\n</nmaprun>')
    },
  }
}

function* hostLines(
  { target, address, open }: HostEvent,
  { listed, ignored }: HostPorts,
  answered: boolean,
): Generator<string> {
  yield '<host>'
  yield `${element('status', { state: answered ? 'up' : 'down', reason: open > 0 ? 'syn-ack' : answered ? 'conn-refused' : 'no-response', reason_ttl: 0 })}/>`
  yield `${element('address', { addr: address ?? '', addrtype: isAddress(address ?? '') === 6 ? 'ipv6' : 'ipv4' })}/>`
  if (target !== address) yield `<hostnames>\n${element('hostname', { name: target, type: 'user' })}/>\n</hostnames>`
  yield '<ports>'
  for (const { state, count, codes } of ignored) {
    yield `${element('extraports', { state, count })}>`
    const reasons = new Map<string, number>()
    for (const [code, times] of codes) {
      const reason = reasonOf({ state, code })
      reasons.set(reason, (reasons.get(reason) ?? 0) + times)
    }
    for (const [reason, times] of reasons) yield `${element('extrareasons', { reason, count: times })}/>`
    yield '</extraports>'
  }
  for (const each of listed) yield portLine(each)
  yield '</ports>\n</host>'
}

function portLine(event: ListedPort): string {
  const { port, state, service, banner, tls } = event
  const stated = element('state', { state, reason: reasonOf(event), reason_ttl: 0 })
  const tunnel = tls === null ? {} : { tunnel: 'ssl' }
  const named =
    service === null ? '' : `${element('service', { name: service, ...tunnel, method: 'table', conf: 3 })}/>`
  const said = banner === null ? '' : `${element('script', { id: 'banner', output: banner })}/>`
  return `${element('port', { protocol: 'tcp', portid: port })}>${stated}/>${named}${said}</port>`
}

function reasonOf({ state, code }: Pick<ListedPort, 'state' | 'code'>): string {
  if (state === 'open') return 'syn-ack'
  return (code && REASONS[code]) ?? code ?? 'unknown'
}

/** The beginning of a tag, up to its attributes' end. */
function element(name: string, attributes: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
  return `<${name}${written.join('')}`
}

/** XML 1.0 cannot hold most control characters at all: they are written as \xHH, as nmap does. */
function escapeXml(text: string): string {
  if (/^[\w .:;,=/()+-]*$/.test(text)) return text // nearly all there is
  return text
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
