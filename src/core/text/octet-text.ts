import { utf8Text } from './utf8.js'

const ASCII = /^[\0-\x7f]*$/

export function isAscii(octets: string): boolean {
  return ASCII.test(octets)
}

/**
 * Octets of a peer's line, one character each (latin1), as people wrote them: UTF-8 where they are valid UTF-8, else
 * Latin-1, which RFC 9110 5.5 calls the historical reading.
 */
export function octetText(octets: string): string {
  if (isAscii(octets)) return octets // nearly always
  return utf8Text(Buffer.from(octets, 'latin1')) ?? octets
}
