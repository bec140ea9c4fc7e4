import { type Attempt, type Failure, withAttempts } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { DatagramSession } from '../../net/datagram/session.js'
import type { Channel, ConversationEnd, ConversationOptions } from '../../net/stream/channel.js'
import { OutputFile } from '../shared/output-file.js'
import { openSession } from './open.js'
import { openDatagram } from './open-datagram.js'
import { Recording } from './recording.js'
import type { SessionMode } from './session-types.js'
import { Talk } from './talk.js'
import type { ConnectConnectedEvent, ConnectEvent, ConnectReachOptions, HostPort, SessionSummary } from './types.js'

/**
 * One conversation from connect to close. Succeeds where both sides closed in order, or where all steps were taken;
 * fails for a reset, silence, an unmet expectation, and over UDP where nobody answered. The value is null where no
 * connection came about.
 */
export async function converse(
  target: HostPort,
  mode: SessionMode,
  reach: ConnectReachOptions,
  context: OperationContext<ConnectEvent>,
): Promise<Outcome<SessionSummary>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const files: Files = { output: null, record: null }
  try {
    for (const [name, option] of [['output', 'outputFile'] as const, ['record', 'recordFile'] as const]) {
      const path = mode[option]
      const mayRead = name === 'record' ? OWNER_ALONE : undefined
      const opened = path === null ? null : await OutputFile.open(path, option, mayRead)
      if (opened?.ok === false) return fail(opened.failure, elapsed())
      files[name] = opened?.value ?? null
    }
    const outcome = await talkOver(files, target, mode, reach, context)
    const unwritten = await close(files)
    return outcome.ok && unwritten ? fail(unwritten, elapsed(), outcome.value) : outcome
  } finally {
    await close(files)
  }
}

/** A recording holds both sides of a conversation, passwords and all. */
const OWNER_ALONE = 0o600

interface Files {
  output: OutputFile | null
  record: OutputFile | null
}

/** Why one of them does not hold all that it should, or null. */
async function close({ output, record }: Files): Promise<Failure | null> {
  const failures = await Promise.all([output?.close(), record?.close()])
  return failures.find((failed) => failed) ?? null
}

async function talkOver(
  { output, record }: Files,
  target: HostPort,
  mode: SessionMode,
  reach: ConnectReachOptions,
  context: OperationContext<ConnectEvent>,
): Promise<Outcome<SessionSummary>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  let spoke = false
  const talk = async (connected: ConnectConnectedEvent, start: (options: ConversationOptions) => Channel) => {
    void output?.begin()
    void record?.begin()
    context.emit(connected)
    const recording = record && new Recording(record)
    const talking = new Talk({ target, mode, reach, context, output, recording, start })
    const end = await talking.run()
    spoke = talking.spoke
    return end
  }
  let end: ConversationEnd
  let attempts: readonly Attempt[]
  if (mode.transport === 'udp') {
    const opened = await openDatagram(target, reach, context)
    if (!opened.ok) return fail(opened.failure, elapsed())
    const { socket, connected } = opened.value
    attempts = opened.value.attempts
    end = await talk(connected, (options) => new DatagramSession(socket, options))
  } else {
    const opened = await openSession(target, mode, reach, context)
    if (!opened.ok) return fail(opened.failure, elapsed())
    const { stream, connected } = opened.value
    attempts = opened.value.attempts
    end = await talk(connected, (options) => stream.begin(options))
  }

  const { bytesIn, bytesOut, bytesUnacknowledged, bytesUnread, reason, closedBy, closeNotify, failure } = end
  const state = mode.transport === 'udp' ? portState(end, spoke) : null
  const counts = { bytesIn, bytesOut, bytesUnacknowledged, bytesUnread }
  const summary: SessionSummary = { ...counts, reason, closedBy, closeNotify, state }
  context.emit({ type: 'closed', ...summary, elapsedMs: end.elapsedMs })
  return failure ? fail(withAttempts(failure, attempts), elapsed(), summary) : ok(summary, elapsed())
}

/** What UDP says of a port; null where it was not asked. */
function portState({ reason, bytesIn }: ConversationEnd, spoke: boolean): SessionSummary['state'] {
  if (reason === 'refused') return 'closed'
  if (bytesIn > 0) return 'open'
  return spoke ? 'open|filtered' : null
}
