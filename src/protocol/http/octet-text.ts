import { utf8Text } from '../../core/utf8.js'
import type { HeaderPair } from './events.js'

const ASCII = /^[\0-\x7f]*$/

/**
 * Octets of a head, which the decoder hands out as one character each (latin1), as people wrote them: UTF-8 where they are
 * valid UTF-8, else Latin-1, which RFC 9110 5.5 calls the historical reading.
 */
export function octetText(octets: string): string {
  if (ASCII.test(octets)) return octets // nearly always
  return utf8Text(Buffer.from(octets, 'latin1')) ?? octets
}

/** Each name and value by itself. */
export function octetPairs(headers: readonly HeaderPair[]): readonly HeaderPair[] {
  return headers.every(([name, value]) => ASCII.test(name) && ASCII.test(value))
    ? headers
    : headers.map(([name, value]) => [octetText(name), octetText(value)])
}
