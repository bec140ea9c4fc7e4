import { connectEvents, connectResult } from '../../../operations/connect/events.js'
import { type ConnectEvent, type ConnectSummary, connect as operation } from '../../../operations/connect/index.js'
import type { Command } from '../../command.js'
import { CONNECT_FLAGS, CONNECT_WORDS } from './flags.js'
import { HABITS } from './habits.js'
import { type ConnectCommandOptions, readConnect } from './options.js'
import { sessionView } from './session-view.js'
import { connectView } from './view.js'

export const connect: Command<
  ConnectCommandOptions,
  ConnectEvent,
  ConnectSummary,
  typeof CONNECT_FLAGS,
  typeof CONNECT_WORDS
> = {
  name: 'connect',
  summary: 'talk to a port, from a terminal or a pipe; or whether it can be reached, and why not',
  positionals: CONNECT_WORDS,
  flags: CONNECT_FLAGS,
  habits: HABITS,
  examples: [
    ['netkit connect localhost 25', 'talk to a server: ^D ends what you say, ^C ends it all'],
    ['netkit connect db:6379 --send "PING\\r\\n" --expect PONG', 'a health check for any text protocol'],
    ['cat request | netkit connect --tls -v localhost 443', 'bytes untouched; the certificates on stderr'],
    ['netkit connect -z localhost 5432', 'every address of the host, each with its errno and time'],
    ['netkit connect --wait 60s db:5432 redis:6379', 'in CI: until both are up, or exit 4'],
    ['netkit connect --count 10 --interval 200ms localhost 443', 'connect times and loss, as tcping shows them'],
  ],
  events: connectEvents,
  result: connectResult,
  run: operation,
  resultFields: (value, options) => ({
    endpoints: options?.endpoints.length,
    ...value,
    ...value?.session,
  }),
  toOptions: readConnect,
  view: (screen, options) =>
    options.mode.kind === 'session' ? sessionView(screen, options) : connectView(screen, options),
}
