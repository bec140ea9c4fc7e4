import type { Failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import type { ResolverConfig } from '../../net/resolver-config.js'
import { typeName } from '../../protocol/dns/index.js'
import type { DnsClient } from '../dns/client.js'
import { questionName, searchNames } from '../dns/names.js'
import type { DnsServer } from '../dns/server.js'
import type { Reply } from '../dns/types.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import { answerEvents, serverEvent, silentServerEvent } from './events.js'
import type { Context, NameResult } from './run.js'
import type { ResolveEvent, ResolveOptions, Status } from './types.js'

/** One question's part of a name's result. */
interface Part {
  readonly events: readonly ResolveEvent[]
  readonly failure: Failure | null
  readonly values: readonly string[]
  readonly status: Status
}

export interface Querier {
  readonly client: DnsClient
  readonly servers: readonly DnsServer[]
  readonly options: ResolveOptions
  readonly context: Context
  /** Of a lookup through getaddrinfo, beside the servers. */
  readonly timeoutMs: number
  /** How often a server is asked before it counts as silent, where the client does not see to that itself. */
  readonly tries: number
  /** Tries these domains too. */
  readonly search: Pick<ResolverConfig, 'search' | 'ndots'> | null
}

/** Asks for each type at once. A type without records is no failure where another one has some. */
export async function query(name: string, querier: Querier): Promise<NameResult> {
  const { types } = querier.options
  const parts = await Promise.all(types.map((type) => queryType(name, type, querier)))
  return joinParts(name, parts)
}

export function joinParts(name: string, parts: readonly Part[]): NameResult {
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

async function queryType(name: string, type: number, querier: Querier): Promise<Part> {
  const { client, servers, options, context, search } = querier
  const candidates = search ? searchNames(name, search) : [name]
  let first: Part | null = null
  for (const candidate of candidates) {
    const question = { name: questionName(candidate, type), type, class: options.class }
    const outcome = await client.askAny(servers, question, context.deadline)
    const part = partOf(name, type, outcome, querier)
    if (part.status === 'answer' || (part.status !== 'nxdomain' && part.status !== 'nodata')) return part
    // "No such name" is best told of the name as it was typed, which is among the candidates.
    if (first === null || candidate === name) first = part
  }
  if (first === null) throw new Error('a name has one candidate at least')
  return first
}

export function partOf(name: string, type: number, outcome: Outcome<Reply>, { servers, options }: Querier): Part {
  if (outcome.ok) {
    const reply = outcome.value
    const failed = replyFailure(reply)
    return {
      events: [...answerEvents(name, reply, options.sections), serverEvent(name, reply)],
      failure: failed,
      values: reply.answer.chain.records.flatMap(({ text, fault }) => (fault ? [] : [text])),
      status: reply.answer.kind,
    }
  }
  const { failure, elapsedMs } = outcome
  const last = servers.at(-1)
  const told = { ...failure, message: `${name} ${typeName(type)}: ${failure.message}` }
  const events = last ? [silentServerEvent(name, type, last, told, elapsedMs)] : []
  return { events, failure: told, values: [], status: failureStatus(failure) }
}
