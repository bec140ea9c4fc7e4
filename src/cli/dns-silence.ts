import { formatDuration } from '../core/text/duration.js'
import type { SilentEvent } from '../operations/dns/index.js'
import { escapeText } from './render/escape.js'
import type { Screen } from './render/screen.js'

/** Why the names before took so long, and those after it do not. */
export function tellSilent({ err, verbosity }: Screen, { server, elapsedMs }: SilentEvent): void {
  if (verbosity === 'quiet') return
  const forSoLong = `has said nothing for ${formatDuration(elapsedMs)}`
  err.line(err.theme.warn(`${escapeText(server)} ${forSoLong}: asked after the other servers until it answers`))
}
