import { base64Text } from '../../../core/text/utf8.js'
import { hexText, ipv4Text, ipv6Text } from '../text.js'
import type { WireReader } from '../wire/reader.js'
import type { RecordFields } from './field.js'

/** The kinds of gateway that IPSECKEY and AMTRELAY count alike: none, IPv4, IPv6, a name. Null for another. */
function gateway(reader: WireReader, kind: number): string | null {
  if (kind === 0) return '.'
  if (kind === 1) return ipv4Text(reader.take(4))
  if (kind === 2) return ipv6Text(reader.take(16))
  return kind === 3 ? reader.name() : null
}

/** IPSECKEY (RFC 4025). */
export function ipseckey(reader: WireReader, fields: RecordFields): string | null {
  const precedence = reader.u8()
  const kind = reader.u8()
  const algorithm = reader.u8()
  const host = gateway(reader, kind)
  if (host === null) return null
  const publicKey = base64Text(reader.rest())
  Object.assign(fields, { precedence, gatewayType: kind, algorithm, gateway: host, publicKey })
  return `${precedence} ${kind} ${algorithm} ${host} ${publicKey}`.trimEnd()
}

/** AMTRELAY (RFC 8777): the discovery-optional bit shares an octet with the type. */
export function amtrelay(reader: WireReader, fields: RecordFields): string | null {
  const precedence = reader.u8()
  const octet = reader.u8()
  const [discoveryOptional, kind] = [octet >> 7, octet & 0x7f]
  const relay = gateway(reader, kind)
  if (relay === null) return null
  Object.assign(fields, { precedence, discoveryOptional, relayType: kind, relay })
  return `${precedence} ${discoveryOptional} ${kind} ${relay}`
}

/** HIP (RFC 8005): host identity tag, public key, rendezvous servers, which are never compressed. */
export function hip(reader: WireReader, fields: RecordFields): string {
  const tagLength = reader.u8()
  const algorithm = reader.u8()
  const keyLength = reader.u16()
  if (tagLength === 0 || keyLength === 0) reader.fail('an empty host identity tag or key', reader.offset - 4)
  const tag = hexText(reader.take(tagLength))
  const publicKey = base64Text(reader.take(keyLength))
  const rendezvousServers: string[] = []
  while (reader.left > 0) rendezvousServers.push(reader.uncompressedName())
  Object.assign(fields, { algorithm, tag, publicKey, rendezvousServers })
  return [algorithm, tag, publicKey, ...rendezvousServers].join(' ')
}
