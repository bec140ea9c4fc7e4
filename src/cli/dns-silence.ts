import { formatDuration } from '../core/text/duration.js'
import type { SilentEvent } from '../operations/dns/index.js'
import { escapeText } from './render/escape.js'
import type { Screen } from './render/screen.js'
import { type Fields, number, string } from './schema.js'

/** The JSON Lines of a silent server: for commands that ask DNS servers much. */
export const silentFields: Fields = { server: string, elapsedMs: number }

/** Why the names before took so long, and those after it do not. */
export function tellSilent({ err, verbosity }: Screen, { server, elapsedMs }: SilentEvent): void {
  if (verbosity === 'quiet') return
  const forSoLong = `has said nothing for ${formatDuration(elapsedMs)}`
  err.line(err.theme.warn(`${escapeText(server)} ${forSoLong}: asked after the other servers until it answers`))
}
