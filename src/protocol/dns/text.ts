/** Every octet as a zone file has it inside a quoted string (RFC 1035, section 5.1). */
const IN_STRING = octets((octet) => (octet === 0x22 || octet === 0x5c ? 'escape' : octet >= 0x20 && octet < 0x7f))

/** Every octet as a zone file has it inside a name: what means something there is escaped, blanks included. */
const IN_NAME = octets((octet) =>
  '"().;\\@$'.includes(String.fromCharCode(octet)) ? 'escape' : octet > 0x20 && octet < 0x7f,
)

function octets(kind: (octet: number) => 'escape' | boolean): readonly string[] {
  return Array.from({ length: 256 }, (_, octet) => {
    const how = kind(octet)
    if (how === 'escape') return `\\${String.fromCharCode(octet)}`
    return how ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`
  })
}

/** Octets `start` to `end` as they stand in a label of a name. */
export function labelText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = ''
  for (let at = start; at < end; at++) text += IN_NAME[bytes[at] ?? 0]
  return text
}

/** Octets as they stand between the quotes of a character string. */
export function stringText(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) text += IN_STRING[octet]
  return text
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0').toUpperCase())

/** Upper-case hexadecimal, as BIND writes it. */
export function hexText(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) text += HEX[octet]
  return text
}

const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** RFC 4648, section 7, without padding (RFC 5155, section 3.3). */
export function base32hexText(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const octet of bytes) {
    held = ((held << 8) | octet) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32HEX[(held >> (bits - 5)) & 31]
  }
  return bits > 0 ? text + BASE32HEX[(held << (5 - bits)) & 31] : text
}

/** Data of a type or in a form that has no other text: `\# length hex` (RFC 3597, section 5). */
export function genericText(bytes: Uint8Array): string {
  return bytes.length === 0 ? '\\# 0' : `\\# ${bytes.length} ${hexText(bytes)}`
}

/**
 * Seconds since 1970, modulo 2^32, as YYYYMMDDHHmmSS in UTC: of all times that they stand for the one within 68 years of
 * `now` (RFC 4034, sections 3.1.5 and 3.2).
 */
export function timeText(seconds: number, now = Math.floor(Date.now() / 1000)): string {
  const away = (seconds - now) | 0
  return new Date((now + away) * 1000).toISOString().replace(/\.\d+Z$|\D/g, '')
}

/** Four octets in dotted decimal. */
export function ipv4Text(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** Sixteen octets as RFC 5952 has them, with dotted decimal at the end for mapped and compatible IPv4, as inet_ntop. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0))
  const zeros = longestZeros(groups)
  const embeds = zeros.start === 0 && (zeros.length === 6 || (zeros.length === 5 && groups[5] === 0xffff))
  const words = groups.map((group) => group.toString(16))
  if (embeds) words.splice(6, 2, ipv4Text(bytes.subarray(12)))
  if (zeros.length < 2) return words.join(':')
  return `${words.slice(0, zeros.start).join(':')}::${words.slice(zeros.start + zeros.length).join(':')}`
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  groups.forEach((group, at) => {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: at - length + 1, length }
  })
  return best
}
