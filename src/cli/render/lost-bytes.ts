import { formatSize } from '../../core/text/size.js'

export interface LostBytesFields {
  readonly bytesUnacknowledged: number | null
  readonly bytesUnread: number | null
}

/** What the end of a connection took with it, to be put behind how it ended; empty where it is nothing, or not known. */
export function lostBytesText({ bytesUnacknowledged, bytesUnread }: LostBytesFields): string {
  const unacknowledged = bytesUnacknowledged ? `; the peer never acknowledged ${formatSize(bytesUnacknowledged)}` : ''
  return unacknowledged + (bytesUnread ? `; ${formatSize(bytesUnread)} came and was not read` : '')
}
