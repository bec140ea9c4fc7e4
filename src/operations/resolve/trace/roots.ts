import { type DnsServer, nameServerAt } from '../../dns/server.js'

/**
 * The root's name servers by address. Data: IANA, "Root Hints" (https://www.iana.org/domains/root/files), facts without
 * copyright; they change about once in ten years.
 */
const ADDRESSES = [
  '198.41.0.4',
  '170.247.170.2',
  '192.33.4.12',
  '199.7.91.13',
  '192.203.230.10',
  '192.5.5.241',
  '192.112.36.4',
  '198.97.190.53',
  '192.36.148.17',
  '192.58.128.30',
  '193.0.14.129',
  '199.7.83.42',
  '202.12.27.33',
]
const ADDRESSES_V6 = [
  '2001:503:ba3e::2:30',
  '2801:1b8:10::b',
  '2001:500:2::c',
  '2001:500:2d::d',
  '2001:500:a8::e',
  '2001:500:2f::f',
  '2001:500:12::d0d',
  '2001:500:1::53',
  '2001:7fe::53',
  '2001:503:c27::2:30',
  '2001:7fd::1',
  '2001:500:9f::42',
  '2001:dc3::35',
]

/** Of both families those over IPv4 first. */
export function rootServers(family: 4 | 6 | undefined): DnsServer[] {
  return [...(family === 6 ? [] : shuffled(ADDRESSES)), ...(family === 4 ? [] : shuffled(ADDRESSES_V6))]
}

/** From one of them on, by chance, so that no one bears all. */
function shuffled(addresses: readonly string[]): DnsServer[] {
  const servers = addresses.map((address, at) =>
    nameServerAt(`${String.fromCharCode(0x61 + at)}.root-servers.net.`, address, 53),
  )
  const first = Math.floor(Math.random() * servers.length)
  return [...servers.slice(first), ...servers.slice(0, first)]
}
