import { isAscii, octetText } from '../../core/text/octet-text.js'
import type { HeaderPair } from './events.js'

/** Each name and value by itself. */
export function octetPairs(headers: readonly HeaderPair[]): readonly HeaderPair[] {
  return headers.every(([name, value]) => isAscii(name) && isAscii(value))
    ? headers
    : headers.map(([name, value]) => [octetText(name), octetText(value)])
}
