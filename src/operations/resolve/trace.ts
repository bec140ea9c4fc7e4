import { type Failure, failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { lookup } from '../../net/lookup.js'
import {
  type Name,
  nameKey,
  type Question,
  ROOT,
  sameName,
  TYPE,
  targetOf,
  typeName,
} from '../../protocol/dns/index.js'
import { questionName } from '../dns/names.js'
import { type DnsServer, serverAt } from '../dns/server.js'
import type { Reply } from '../dns/types.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import { answerEvents, serverEvent, silentServerEvent } from './events.js'
import { joinParts, type Querier } from './query.js'
import type { NameResult } from './run.js'
import type { ReferralEvent, ResolveEvent } from './types.js'

/** Aliases that lead into another zone start at the root again. */
const MAX_RESTARTS = 8
/** Name servers without addresses of their own that are looked up for one referral. */
const MAX_LOOKUPS = 3

/** From the root downwards, without recursion: each referral with its time, then the answer. */
export async function trace(name: string, roots: readonly DnsServer[], querier: Querier): Promise<NameResult> {
  const parts = []
  for (const type of querier.options.types) {
    const { events, reply, failed } = await traceType(name, type, roots, querier)
    const status = reply ? reply.answer.kind : failed ? failureStatus(failed) : 'failed'
    const values = reply?.answer.chain.records.map(({ text }) => text) ?? []
    parts.push({ events, values, status, failure: failed })
  }
  return joinParts(name, parts)
}

interface Traced {
  readonly events: readonly ResolveEvent[]
  readonly reply: Reply | null
  readonly failed: Failure | null
}

async function traceType(name: string, type: number, roots: readonly DnsServer[], querier: Querier): Promise<Traced> {
  const { client, options, context } = querier
  const events: ResolveEvent[] = []
  const start = { name: questionName(name, type), type, class: options.class }
  const seen = new Set([nameKey(start.name)])
  let question: Question = start
  let zone: Name = ROOT
  let servers = roots
  for (;;) {
    const outcome: Outcome<Reply> = await client.askAny(servers, question, context.deadline)
    if (!outcome.ok) {
      const [first] = servers
      const told = { ...outcome.failure, message: `in the zone ${zone}: ${outcome.failure.message}` }
      if (first) events.push(silentServerEvent(name, type, first, told, outcome.elapsedMs))
      return { events, reply: null, failed: told }
    }
    const reply = outcome.value
    const { kind, chain } = reply.answer
    if (kind === 'incomplete' && chain.links.length > 0 && seen.size <= MAX_RESTARTS && !seen.has(nameKey(chain.end))) {
      events.push(...answerEvents(name, reply, options.sections), serverEvent(name, reply))
      seen.add(nameKey(chain.end))
      question = { ...question, name: chain.end }
      zone = ROOT
      servers = roots
      continue
    }
    const referral = kind === 'referral' ? await follow(name, question.name, zone, reply, querier) : null
    if (referral === null) {
      events.push(...answerEvents(name, reply, options.sections), serverEvent(name, reply))
      return { events, reply, failed: replyFailure(reply) }
    }
    events.push(referral.event)
    if (referral.servers.length === 0) return { events, reply, failed: lame(referral.event, type) }
    zone = referral.event.zone
    servers = referral.servers
  }
}

/** Where a referral leads; null where it does not lead down towards the name, which would go round in circles. */
async function follow(
  asked: string,
  name: Name,
  above: Name,
  reply: Reply,
  querier: Querier,
): Promise<{ event: ReferralEvent; servers: readonly DnsServer[] } | null> {
  const { message, server, address, elapsedMs, port } = reply
  const delegation = message.authorities.filter(({ type }) => type === TYPE.NS)
  const zone = delegation[0]?.name
  if (zone === undefined || !isBelow(zone, above) || !(sameName(name, zone) || isBelow(name, zone))) return null
  const names = delegation.flatMap((record) => targetOf(record) ?? [])
  const nameServers = names.map((target) => ({
    name: target,
    addresses: message.additionals.flatMap(({ name, fields }) => {
      const address = fields?.['address']
      return sameName(name, target) && typeof address === 'string' ? [address] : []
    }),
  }))
  const event: ReferralEvent = {
    type: 'referral',
    name: asked,
    zone,
    server: server.name,
    address,
    elapsedMs,
    nameServers,
  }
  const glue = nameServers.flatMap(({ addresses }) => addresses)
  const found = glue.length > 0 ? glue : await lookUpServers(names, querier)
  const { family } = querier.options.ask
  const usable = found.filter((each) => family === undefined || each.includes(':') === (family === 6))
  // The port of the root's servers is everybody's: 53, but for a tree of one's own.
  return { event, servers: usable.map((each) => serverAt(each, port, 'udp')) }
}

async function lookUpServers(names: readonly Name[], { options, timeoutMs, context }: Querier): Promise<string[]> {
  const deadline = context.deadline.within(timeoutMs)
  for (const name of names.slice(0, MAX_LOOKUPS)) {
    const outcome = await lookup(name, { family: options.ask.family, deadline, signal: context.signal })
    if (outcome.ok) return outcome.value.map(({ address }) => address)
  }
  return []
}

function isBelow(name: Name, zone: Name): boolean {
  return zone === ROOT ? name !== ROOT : nameKey(name).endsWith(`.${nameKey(zone)}`)
}

function lame({ zone, nameServers }: ReferralEvent, type: number): Failure {
  return failure({
    phase: 'lookup',
    origin: 'resolver',
    code: 'LAME_DELEGATION',
    message: `no address is known of the name servers of ${zone} (${nameServers.map(({ name }) => name).join(', ')}), asked for ${typeName(type)}`,
    hint: 'the names of its name servers do not resolve; the zone above must list their addresses where they lie within it',
  })
}
