const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const GROUP = /^[0-9a-f]{1,4}$/i
/** General-address-literal: a registered tag, a colon, printable ASCII without brackets and backslash. */
const GENERAL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?:[\x21-\x5a\x5e-\x7e]+$/

/** Whether a text is an address literal: `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `[tag:content]` (RFC 5321 section 4.1.3). */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const content = text.slice(1, -1)
  if (/^ipv6:/i.test(content)) return isIpv6(content.slice(5))
  return IPV4.test(content) || GENERAL.test(content)
}

function isIpv6(text: string): boolean {
  const [left = '', right, ...more] = text.split('::')
  if (more.length > 0) return false
  const head = groupCount(left, right === undefined)
  const tail = right === undefined ? 0 : groupCount(right, true)
  if (head === null || tail === null) return false
  return right === undefined ? head === 8 : head + tail <= 7
}

/** How many 16-bit groups a half of an IPv6 address holds, or null; a dotted IPv4 address at its end counts for two. */
function groupCount(half: string, mayEndDotted: boolean): number | null {
  if (half === '') return 0
  const groups = half.split(':')
  const dotted = mayEndDotted && IPV4.test(groups.at(-1) ?? '')
  const plain = dotted ? groups.slice(0, -1) : groups
  if (!plain.every((group) => GROUP.test(group))) return null
  return plain.length + (dotted ? 2 : 0)
}
