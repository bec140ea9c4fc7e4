import { listenEvents, listenResult } from '../../../operations/listen/events.js'
import { type ListenEvent, type ListenSummary, listen as operation } from '../../../operations/listen/index.js'
import type { Command } from '../../command.js'
import { LISTEN_FLAGS, LISTEN_WORDS } from './flags.js'
import { type ListenCommandOptions, readListen } from './options.js'
import { listenView } from './view.js'

export const listen: Command<
  ListenCommandOptions,
  ListenEvent,
  ListenSummary,
  typeof LISTEN_FLAGS,
  typeof LISTEN_WORDS
> = {
  name: 'listen',
  summary: 'a server for tests and talks: shows who comes and what they send, answers as you say',
  positionals: LISTEN_WORDS,
  flags: LISTEN_FLAGS,
  examples: [
    ['netkit listen 8080', 'show what comes, type back; piped, it is nc -l'],
    ['netkit listen 8080 --http --status 503', 'see what a client asks, and how it bears the answer'],
    ['netkit listen 8080 --serve public', 'a folder in the browser'],
    ['netkit listen 0 --once | tar x', 'take what one peer sends, on a free port'],
    ['netkit listen 8443 --tls --echo', 'TLS with a certificate made on the spot'],
    ['netkit listen 2525 --smtp --save mails', 'take mails from whatever sends some, and keep them'],
    ['netkit listen 9000 --fault reset@100 --reply @page', 'break off after 100 bytes'],
  ],
  events: listenEvents,
  result: listenResult,
  run: operation,
  toOptions: readListen,
  view: listenView,
}
