import { counted } from '../../core/text/digits.js'
/** What came while an answer was waited for: the end of a sentence, '' for nothing. */
export function otherMessages(count: number, what: 'datagram' | 'message'): string {
  return count === 0 ? '' : `; ${counted(count, what)} that did not answer the question came instead`
}
