import type { Failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import type { ResolverConfig } from '../../net/system/resolver-config.js'
import { type Name, type ResourceRecord, typeName } from '../../protocol/dns/index.js'
import type { DnsClient } from '../dns/client.js'
import type { FailedTry } from '../dns/inquiry.js'
import { questionName, searchNames } from '../dns/names.js'
import type { PlainAsker, Told } from '../dns/plain-asker.js'
import type { DnsServer } from '../dns/server.js'
import type { DnsReply } from '../dns/types.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import type { NameResult, ResolveContext } from './name-result.js'
import { answerEvent, answerEvents, serverEvent, silentServerEvent } from './reports.js'
import type { ResolveEvent, ResolveOptions } from './types.js'

/** One question's part of a name's result. */
type QuestionResult = Omit<NameResult, 'name'>

export interface Querier {
  readonly client: DnsClient
  readonly servers: readonly DnsServer[]
  readonly options: ResolveOptions
  readonly context: ResolveContext
  /** For a lookup through getaddrinfo, in milliseconds. */
  readonly systemMs: number
  /** How often a server is asked before it counts as silent, where the client does not see to that itself. */
  readonly tries: number
  /** The domains below which a name is tried too; null where it is asked for as it is. */
  readonly search: Pick<ResolverConfig, 'search' | 'ndots'> | null
  /** Whether server events are looked at. */
  readonly tellsServers: boolean
  /** By type, see {@link DnsClient.plainAsker}. */
  readonly askers: ReadonlyMap<number, PlainAsker | null>
}

/**
 * Asks for each type at once. A type without records is no failure where another one has some. UsageError for what is no
 * domain name. It calls back: this is asked a million times, and promises would cost more than the rest.
 */
export function query(name: string, querier: Querier, done: (result: NameResult) => void): void {
  const { types } = querier.options
  const [only] = types
  if (only !== undefined && types.length === 1) {
    ask(questionName(name, only), name, only, querier, done)
    return
  }
  const names = types.map((type) => questionName(name, type))
  const parts: NameResult[] = []
  let missing = types.length
  types.forEach((type, at) => {
    ask(names[at] ?? name, name, type, querier, (part) => {
      parts[at] = part
      if (--missing === 0) done(joinParts(name, parts))
    })
  })
}

/** The same through the search domains. */
export async function searchQuery(
  name: string,
  querier: Querier,
  search: Pick<ResolverConfig, 'search' | 'ndots'>,
): Promise<NameResult> {
  const parts = await Promise.all(querier.options.types.map((type) => searchType(name, type, querier, search)))
  return joinParts(name, parts)
}

export function joinParts(name: string, parts: readonly QuestionResult[]): NameResult {
  const [only] = parts
  if (only && parts.length === 1) return { name, ...only }
  const answered = parts.some(({ status }) => status === 'answer')
  const failures = parts.filter(({ failure, status }) => failure && !(answered && status === 'nodata'))
  const [first] = failures
  return {
    name,
    events: parts.flatMap(({ events }) => events),
    failure: first?.failure ?? null,
    values: parts.flatMap(({ values }) => values),
    status: first?.status ?? (answered ? 'answer' : (parts[0]?.status ?? 'nodata')),
  }
}

/** What is asked for may be another name than the one that was typed. */
function ask(asked: Name, name: string, type: number, querier: Querier, done: (part: NameResult) => void): void {
  const { client, servers, options, context, askers } = querier
  const part = new PartMaker(name, type, querier, done)
  const asker = askers.get(type)
  if (asker) asker.ask(asked, part)
  else
    client.inquire(servers, { name: asked, type, class: options.class }, context.deadline, (outcome, failed) =>
      part.done(outcome, failed),
    )
}

/** Makes a part of what is told of its question. A class, since a million of these are made in a run. */
class PartMaker implements Told {
  readonly #name: string
  readonly #type: number
  readonly #querier: Querier
  readonly #part: (part: NameResult) => void

  constructor(name: string, type: number, querier: Querier, part: (part: NameResult) => void) {
    this.#name = name
    this.#type = type
    this.#querier = querier
    this.#part = part
  }

  plain(records: readonly ResourceRecord[]): void {
    const name = this.#name
    const server = this.#querier.servers[0]?.name ?? null
    const events = records.map((record) => answerEvent(name, record, 'answer', server))
    const values = records.map(({ text }) => text)
    this.#part({ name, events, failure: null, values, status: 'answer' })
  }

  done(outcome: Outcome<DnsReply>, failed: FailedTry | null): void {
    this.#part(partOf(this.#name, this.#type, outcome, failed, this.#querier))
  }
}

/**
 * As the GNU C library goes through them: a denial or SERVFAIL leads to the next name; after silence or a refusal below a
 * search domain only the name as it was typed is left to try.
 */
async function searchType(
  name: string,
  type: number,
  querier: Querier,
  search: Pick<ResolverConfig, 'search' | 'ndots'>,
): Promise<NameResult> {
  const parts: NameResult[] = []
  const asked: string[] = []
  let searching = true
  for (const candidate of searchNames(name, search)) {
    const asTyped = candidate === name
    if (!searching && !asTyped) continue
    asked.push(candidate)
    const part = await new Promise<NameResult>((resolve) =>
      ask(questionName(candidate, type), name, type, querier, resolve),
    )
    if (part.status === 'answer') return part
    searching &&= asTyped || ['nxdomain', 'nodata', 'servfail'].includes(part.status)
    // "No such name" is best told of the name as it was typed.
    if (asTyped) parts.unshift(part)
    else parts.push(part)
  }
  // Who was not to be asked may have had the answer.
  const unknown = parts.find(({ status }) => status !== 'nxdomain' && status !== 'nodata')
  const [told] = unknown ? [unknown] : parts
  if (!told) throw new Error('a name has one candidate at least')
  return asked.length < 2 ? told : { ...told, failure: afterAll(told.failure, asked) }
}

function afterAll(failed: Failure | null, asked: readonly string[]): Failure | null {
  return failed && { ...failed, message: `${failed.message}; asked for ${asked.join(', ')} in turn` }
}

/** What one question came to. `failed` is as in {@link Done}. */
export function partOf(
  name: string,
  type: number,
  outcome: Outcome<DnsReply>,
  failed: FailedTry | null,
  { options, tellsServers }: Querier,
): NameResult {
  if (outcome.ok) {
    const reply = outcome.value
    const events: ResolveEvent[] = answerEvents(name, reply, options.sections)
    const failure = replyFailure(reply)
    if (tellsServers) events.push(serverEvent(name, reply, failure))
    const values: string[] = []
    for (const { text, fault } of reply.answer.chain.records) if (!fault) values.push(text)
    return { name, events, failure, values, status: reply.answer.kind }
  }
  const { failure, elapsedMs } = outcome
  const told = { ...failure, message: `${name} ${typeName(type)}: ${failure.message}` }
  const events = failed ? [silentServerEvent(name, type, failed, told, elapsedMs)] : []
  return { name, events, failure: told, values: [], status: failureStatus(failure) }
}
