import { randomBytes } from 'node:crypto'
import { type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { lookup } from '../../net/connect/lookup.js'
import { CLASS, parseName, TYPE } from '../../protocol/dns/index.js'
import type { DnsServer } from '../dns/server.js'
import type { Reply } from '../dns/types.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import type { NameResult } from './name-result.js'
import { joinParts, type Querier } from './query.js'
import type { HijackEvent, Status } from './types.js'

interface Said {
  readonly status: Status
  /** Addresses, or what the name is said to stand for. */
  readonly values: readonly string[]
  readonly failure: Failure | null
}

/**
 * Asks for names that cannot exist, each made up anew: below `invalid` (RFC 6761, section 6.4), as a top-level domain,
 * below `com`, and below the domains given. A resolver that answers is named, with what it answers.
 */
export async function checkHijack(
  domains: readonly string[],
  querier: Querier,
  system: boolean,
): Promise<NameResult[]> {
  const names = ['invalid.', '', 'com.', ...domains.map((domain) => domain.replace(/\.?$/, '.'))].map(madeUpName)
  const { servers, client, context, systemMs } = querier
  const ask = (server: DnsServer) => async (name: string) => {
    const question = { name: parseName(name), class: CLASS.IN }
    const [a, aaaa] = await Promise.all([
      client.ask(server, { ...question, type: TYPE.A }, context.deadline).then(told),
      client.ask(server, { ...question, type: TYPE.AAAA }, context.deadline).then(told),
    ])
    // A lie in one family is a lie; without one, silence in one family is no denial.
    const telling = isLie(a) || (a.failure && !isLie(aaaa)) ? a : aaaa
    return { ...telling, values: [...new Set([...a.values, ...aaaa.values])] }
  }
  const lookUp = async (name: string): Promise<Said> => {
    const deadline = context.deadline.within(systemMs)
    const outcome = await lookup(name, { deadline, signal: context.signal })
    if (outcome.ok) return { status: 'answer', values: outcome.value.map(({ address }) => address), failure: null }
    const denied = outcome.failure.code === 'ENOTFOUND'
    return {
      status: denied ? 'nxdomain' : failureStatus(outcome.failure),
      values: [],
      failure: denied ? null : outcome.failure,
    }
  }
  return Promise.all([
    ...servers.map((server) => checkResolver(server.name, names, ask(server))),
    ...(system ? [checkResolver('getaddrinfo', names, lookUp)] : []),
  ])
}

/** An alias for another name is one too, whatever that name comes to. */
function isLie({ status, values }: Said): boolean {
  return status === 'answer' || values.length > 0
}

function told(outcome: Outcome<Reply>): Said {
  if (!outcome.ok) return { status: failureStatus(outcome.failure), values: [], failure: outcome.failure }
  const { kind, chain } = outcome.value.answer
  // A denial is the truth here. An answer to another question than "does it exist" is a failure to tell.
  const truthful = kind === 'nxdomain' || kind === 'nodata' || kind === 'answer'
  return {
    status: kind,
    values: [...chain.links.map(({ to }) => to), ...chain.records.map(({ text }) => text)],
    failure: truthful ? null : replyFailure(outcome.value),
  }
}

async function checkResolver(
  server: string,
  names: readonly string[],
  ask: (name: string) => Promise<Said>,
): Promise<NameResult> {
  const parts = await Promise.all(
    names.map(async (name) => {
      const elapsed = stopwatch()
      const said = await ask(name)
      const { status, values, failure: failed } = said
      const hijacked = isLie(said)
      const code = failed?.code ?? null
      const elapsedMs = elapsed()
      const event: HijackEvent = { type: 'hijack', server, name, status, code, hijacked, values, elapsedMs }
      return { events: [event], values, status, failure: failed, event }
    }),
  )
  const lies = parts.filter(({ event }) => event.hijacked)
  const joined = joinParts(server, parts)
  const [lie] = lies
  if (!lie) return joined
  const values = [...new Set(lies.flatMap(({ values }) => values))]
  const failed = failure({
    phase: 'lookup',
    origin: 'expectation',
    code: 'HIJACKED',
    message: `${server} answers for names that do not exist (${lies.length} of ${parts.length}), with ${values.join(', ')}`,
    ...hint(
      'the resolver, or something on the way to it, redirects misspelt names; or a domain given has a wildcard record',
    ),
  })
  return { ...joined, failure: failed, values }
}

/** No label so long and so random was ever registered. */
function madeUpName(domain: string): string {
  return `netkit-${randomBytes(12).toString('hex')}.${domain}`
}
