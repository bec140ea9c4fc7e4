import { type EventOf, number, text } from '../../core/shape.js'

/** What a question came to: one of a response's kinds, or why there was none. */
export const STATUSES = [
  'answer',
  'nodata',
  'nxdomain',
  'referral',
  'incomplete',
  'lame',
  'servfail',
  'refused',
  'error',
  'broken',
  'loop',
  'timeout',
  'failed',
] as const

/** What a question came to: one of a response's kinds, or why there was none. */
export type Status = (typeof STATUSES)[number]

/** The events of whoever asks DNS servers much. */
export const dnsEvents = {
  /**
   * Nothing came from that server through a whole try: where much is asked, it comes after the others until it answers.
   */
  silent: {
    server: text,
    /** Of the try. */
    elapsedMs: number,
  },
}

/** Nothing came from that server through a whole try: where much is asked, it comes after the others until it answers. */
export type SilentEvent = EventOf<typeof dnsEvents, 'silent'>
