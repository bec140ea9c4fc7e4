import { failureFields, fromFileError } from '../../core/failure.js'
import type { ProblemEvent } from './types.js'

/** What was to be typed or piped in cannot be read: the peers are served without it. */
export function unreadInput(error: unknown): ProblemEvent {
  const failed = fromFileError(error, 'stdin: cannot read what is to be sent')
  return { type: 'problem', id: null, address: null, port: null, ...failureFields(failed) }
}
