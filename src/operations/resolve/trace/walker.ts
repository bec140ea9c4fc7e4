import { type Failure, failureFields } from '../../../core/failure.js'
import { CLASS, type Name, nameKey, type Question, ROOT, TYPE } from '../../../protocol/dns/index.js'
import { type DnsServer, nameServerAt } from '../../dns/server.js'
import type { DnsReply } from '../../dns/types.js'
import { replyFailure } from '../../dns/verdict.js'
import type { Querier } from '../query.js'
import { answerEvents, serverEvent, silentServerEvent } from '../reports.js'
import type { ResolveEvent } from '../types.js'
import { type Delegate, type Delegation, delegationIn } from './delegation.js'
import { allFailed, noAddresses, tooManyQuestions, type Useless, uselessness } from './failures.js'

/** Aliases that lead into another zone start at the root again. */
const MAX_RESTARTS = 8
/** Name servers without glue that are looked up for one delegation: lists of many are an attack (CVE-2020-8616). */
const MAX_LOOKUPS = 3
/** For one name, those of its name servers' names included. */
const MAX_QUESTIONS = 200

export interface Traced {
  /** The last reply, if there was one: the answer, or what came instead. */
  readonly reply: DnsReply | null
  readonly failed: Failure | null
}

/** Servers of a zone, to be asked in this order. */
interface ZoneServers {
  readonly zone: Name
  readonly servers: AsyncIterable<DnsServer> | Iterable<DnsServer>
  readonly names: readonly Name[]
}

type Tell = (event: ResolveEvent) => void

/** Goes down the tree from the root, and looks the names of name servers up in the same way. */
export class Walker {
  readonly #roots: readonly DnsServer[]
  readonly #querier: Querier
  #questions = 0
  /** Families of servers that this machine had no way to. */
  readonly #unreachable = new Set<4 | 6>()
  readonly #addresses = new Map<string, readonly string[]>()
  /** Names that are being looked up: one that needs itself has no address. */
  readonly #underWay = new Set<string>()

  constructor(roots: readonly DnsServer[], querier: Querier) {
    this.#roots = roots
    this.#querier = querier
  }

  async walk(name: string, start: Question, tell: Tell): Promise<Traced> {
    const { sections } = this.#querier.options
    const top: ZoneServers = { zone: ROOT, servers: this.#roots, names: [] }
    const seen = new Set([nameKey(start.name)])
    let question = start
    let stage = top
    for (;;) {
      const { reply, failed, delegation } = await this.#askZone(name, stage, question, tell)
      if (!reply || failed) return { reply, failed }
      if (delegation) {
        const { server, address, elapsedMs, port } = reply
        tell({ type: 'referral', name, ...delegation, server: server.name, address, elapsedMs })
        const names = delegation.nameServers.map(({ name }) => name)
        // The port of the root's servers is everybody's: 53, but for a tree of one's own.
        stage = { zone: delegation.zone, servers: this.#serversOf(delegation, port), names }
        continue
      }
      const { answer } = reply
      const next = nameKey(answer.chain.end)
      const comesBack = answer.kind === 'incomplete' && seen.has(next)
      const end: DnsReply = comesBack ? { ...reply, answer: { ...answer, kind: 'loop' } } : reply
      const goesOn = end.answer.kind === 'incomplete' && seen.size <= MAX_RESTARTS
      const failure = goesOn ? null : replyFailure(end)
      for (const event of answerEvents(name, end, sections)) tell(event)
      tell({ ...serverEvent(name, end), ...failureFields(failure) })
      if (!goesOn) return { reply: end, failed: failure }
      seen.add(next)
      question = { ...question, name: answer.chain.end }
      stage = top
    }
  }

  /** Asks the servers of a zone in turn, round after round, until one has an answer or knows who has. */
  async #askZone(
    name: string,
    { zone, servers, names }: ZoneServers,
    question: Question,
    tell: Tell,
  ): Promise<Traced & { readonly delegation: Delegation | null }> {
    const { client, tries, context } = this.#querier
    const useless = new Map<string, Useless>()
    let last: DnsReply | null = null
    let asking = servers
    for (let round = 1; round <= tries; round++) {
      const silent: DnsServer[] = []
      for await (const server of this.#reachableFirst(asking)) {
        if (++this.#questions > MAX_QUESTIONS) {
          return { reply: last, failed: tooManyQuestions(zone, MAX_QUESTIONS), delegation: null }
        }
        const { outcome, failed: failedTry } = await client.askTelling(server, question, context.deadline)
        const { elapsedMs } = outcome
        if (outcome.ok) {
          const reply = { ...outcome.value, tries: round }
          const delegation = delegationIn(reply, question.name, zone)
          const failed = delegation ? null : uselessness(reply, zone)
          if (!failed) return { reply, failed, delegation }
          tell({ ...serverEvent(name, reply), ...failureFields(failed) })
          useless.set(server.name, { server, failed, elapsedMs })
          last = reply
        } else {
          const { failure: failed } = outcome
          if (failedTry) tell({ ...silentServerEvent(name, question.type, failedTry, failed, elapsedMs), tries: round })
          if (context.signal.aborted || context.deadline.expired) return { reply: null, failed, delegation: null }
          useless.set(server.name, { server, failed, elapsedMs })
          if (failed.code === 'ENETUNREACH') this.#unreachable.add(familyOf(server))
          if (failed.origin === 'deadline') silent.push(server)
        }
      }
      if (silent.length === 0) break
      asking = silent
    }
    const { family } = this.#querier.options.ask
    const failed =
      useless.size > 0 ? allFailed(zone, [...useless.values()]) : noAddresses(zone, names, question, family)
    return { reply: last, failed, delegation: null }
  }

  /** A machine without IPv6 need not ask each server over IPv6; but one missing route does not mean that there is none. */
  async *#reachableFirst(servers: ZoneServers['servers']): AsyncGenerator<DnsServer> {
    const later: DnsServer[] = []
    for await (const server of servers) {
      if (this.#unreachable.has(familyOf(server))) later.push(server)
      else yield server
    }
    yield* later
  }

  /** Those with glue first; the others are looked up only where none of those helps. */
  async *#serversOf({ nameServers }: Delegation, port: number): AsyncGenerator<DnsServer> {
    const { family } = this.#querier.options.ask
    const reachable = (address: string) => family === undefined || address.includes(':') === (family === 6)
    const at = ({ name, addresses }: Delegate) =>
      addresses.filter(reachable).map((address) => nameServerAt(name, address, port))
    for (const server of nameServers) yield* at(server)
    const missing = nameServers.filter(({ addresses }) => addresses.length === 0).slice(0, MAX_LOOKUPS)
    for (const { name } of missing) yield* at({ name, addresses: await this.#addressesOf(name) })
  }

  async #addressesOf(name: Name): Promise<readonly string[]> {
    const key = nameKey(name)
    const known = this.#addresses.get(key)
    if (known || this.#underWay.has(key)) return known ?? []
    this.#underWay.add(key)
    const { family } = this.#querier.options.ask
    for (const type of family === undefined ? [TYPE.A, TYPE.AAAA] : [family === 4 ? TYPE.A : TYPE.AAAA]) {
      const { reply } = await this.walk(name, { name, type, class: CLASS.IN }, () => {})
      const records = reply?.answer.kind === 'answer' ? reply.answer.chain.records : []
      const found = records.flatMap(({ text, fault }) => (fault ? [] : [text]))
      if (found.length > 0) {
        this.#addresses.set(key, found)
        break
      }
    }
    this.#underWay.delete(key)
    return this.#addresses.get(key) ?? []
  }
}

function familyOf({ host }: DnsServer): 4 | 6 {
  return host.includes(':') ? 6 : 4
}
