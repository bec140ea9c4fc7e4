import { type Failure, failureFields, withAttempts } from '../../core/failure.js'
import type { Operation } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { Dialogue, type DialogueResult, type MessageFacts, STAGES } from '../../protocol/smtp/index.js'
import { Driver } from './delivery/driver.js'
import { defaultHelo } from './delivery/helo.js'
import { reachHop, type SmtpContext } from './delivery/reach.js'
import { type Hop, itineraryOf } from './delivery/route.js'
import { failureOfAll, type Tried } from './delivery/tried.js'
import { type PreparedContent, prepareContent } from './message/content.js'
import { planOf } from './plan.js'
import { emitRecipients, summarize } from './report.js'
import { Transcript } from './transcript.js'
import type { SmtpSendEvent, SmtpSendOptions, SmtpSendSummary } from './types.js'
import { verdict } from './verdict.js'

export type { MailAttachment, MailPerson } from './message/compose.js'
export type { MailSource } from './message/source.js'
export type * from './types.js'

/** What came of one hop. */
interface Passage {
  readonly failure: Failure | null
  /** Null where it was not even connected to. */
  readonly result: DialogueResult | null
  /** From the start of its connection to its end. */
  readonly elapsedMs: number
}

const NO_CONTENT: PreparedContent = {
  facts: { sizeBytes: 0, eightBit: false, eightBitHeader: false, longestLineBytes: 0 } satisfies MessageFacts,
  pieces: () => [],
}

/**
 * Sends a mail, or asks a mail server how far it would go. Everything that is said becomes an event; at the end one for
 * each recipient. Misuse is a UsageError before anything is sent.
 */
export const smtpSend: Operation<SmtpSendOptions, SmtpSendEvent, SmtpSendSummary> = async (options, context) => {
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const { route, envelope } = options
  // Every value is checked before a file is read or a packet sent; our own name may depend on the connection.
  new Dialogue(planOf(options, NO_CONTENT.facts, options.helo ?? defaultHelo(null)))

  const refuse = (failed: Failure) => {
    emitRecipients(options, null, context.emit)
    return fail(failed, elapsed(), summarize(options, null, null))
  }
  const prepared = options.content ? await prepareContent(options.content) : ok(NO_CONTENT, 0)
  if (!prepared.ok) return refuse(prepared.failure)
  const { signal, deadline } = context
  const { timeoutMs, family, sourceAddress } = options.reach
  const lookup = { timeoutMs, family: sourceAddress?.family ?? family, signal }
  const itinerary = await itineraryOf(route, lookup, deadline)
  if (!itinerary.ok) return refuse(itinerary.failure)
  const { hops } = itinerary.value

  let passage: Passage = { failure: null, result: null, elapsedMs: 0 }
  let name = ''
  let server: string | null = null
  /** The servers that were left for the next. */
  const left: Tried[] = []
  for (const hop of hops) {
    passage = await pass(hop, options, prepared.value, context, startedAt)
    name = hop.kind === 'host' ? hop.host : hop.path
    if (passage.result) server = name
    if (signal.aborted || deadline.expired || passage.failure === null || !worthAnother(passage)) break
    left.push({ name, failure: passage.failure, elapsedMs: passage.elapsedMs })
    if (hops.length > 1) context.emit({ type: 'unreached', host: name, ...failureFields(passage.failure) })
  }
  itinerary.value.close()
  const { failure: last, elapsedMs } = passage
  const failure = last && failureOfAll(left, { name, failure: last, elapsedMs }, hops.length)
  const summary = summarize(options, server, passage.result)
  if (envelope) emitRecipients(options, passage.result, context.emit)
  return failure ? fail(failure, elapsed(), summary) : ok(summary, elapsed())
}

/** Connects to one hop and has the dialogue with it. */
async function pass(
  hop: Hop,
  options: SmtpSendOptions,
  content: PreparedContent,
  context: SmtpContext,
  startedAt: number,
): Promise<Passage> {
  const reached = await reachHop(hop, options, context, startedAt)
  if (!reached.ok) return { failure: reached.failure, result: null, elapsedMs: reached.elapsedMs }
  const { stream, endpoint, localAddress, tls: session, lookupMs, connectMs, attempts } = reached.value
  const { emit, signal, deadline } = context
  const expected = options.expectReply.map(({ stage }) => stage)
  const transcript = new Transcript(emit, startedAt, expected, session)
  const driver = new Driver(
    new Dialogue(planOf(options, content.facts, options.helo ?? defaultHelo(localAddress))),
    stream,
    {
      endpoint,
      secure: session !== null,
      tls: options.tls,
      signal,
      deadline,
      content: (message) => content.pieces(message),
      onNote: (item) => transcript.note(item),
      onSecured: (secured) => transcript.onSecured(secured),
    },
  )
  const end = await driver.run()
  const { bytesIn, bytesOut, result } = end
  const { bannerMs, tlsMs, dialogueMs } = transcript
  const counts = { roundTrips: result.roundTrips, bytesIn, bytesOut }
  emit({ type: 'timing', lookupMs, connectMs, tlsMs, bannerMs, dialogueMs, ...counts })
  const failed = verdict(end, options, transcript, endpoint)
  const elapsedMs = connectMs + (session?.tlsMs ?? 0) + dialogueMs
  return { failure: failed && withAttempts(failed, attempts), result, elapsedMs }
}

/** Whether the next MX may do better: this one was not reached, or gave up before it was told of any mail. */
function worthAnother({ failure, result }: Passage): boolean {
  if (failure === null) return false
  if (result === null) return failure.origin !== 'tls'
  const { problem, reached } = result
  const early = reached === null || STAGES.indexOf(reached) < STAGES.indexOf('mail')
  // A refused sender is an answer; 421 is that of a server that is about to be gone.
  if (problem?.kind === 'refused' && problem.stage === 'mail' && problem.reply?.code !== 421) return false
  // A host that greets with 5xx takes no mail at all (RFC 7504); that says nothing of the others.
  const lasting = (problem?.reply?.code ?? 0) >= 500 && problem?.stage !== 'banner'
  const passing = problem?.kind === 'lost' || problem?.kind === 'timeout' || !lasting
  return early && passing && problem?.kind !== 'protocol' && problem?.kind !== 'policy' && problem?.stage !== 'auth'
}
