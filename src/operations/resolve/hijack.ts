import { randomBytes } from 'node:crypto'
import { type Failure, failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { lookup } from '../../net/lookup.js'
import { CLASS, parseName, TYPE } from '../../protocol/dns/index.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import type { Querier } from './query.js'
import { joinParts } from './query.js'
import type { NameResult } from './run.js'
import type { HijackEvent, Status } from './types.js'

interface Said {
  readonly status: Status
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
  const { servers, client, context, timeoutMs } = querier
  const ask = (at: number) => async (name: string) => {
    const server = servers[at]
    if (!server) throw new Error('a server')
    const question = { name: parseName(name), type: TYPE.A, class: CLASS.IN }
    const outcome = await client.ask(server, question, context.deadline)
    return told(outcome, ({ answer }) => answer.chain.records.map(({ text }) => text))
  }
  const lookUp = async (name: string): Promise<Said> => {
    const deadline = context.deadline.within(timeoutMs)
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
    ...servers.map(({ name }, at) => checkResolver(name, names, ask(at))),
    ...(system ? [checkResolver('getaddrinfo', names, lookUp)] : []),
  ])
}

function told(
  outcome: Outcome<Parameters<typeof replyFailure>[0]>,
  values: (reply: Parameters<typeof replyFailure>[0]) => string[],
): Said {
  if (!outcome.ok) return { status: failureStatus(outcome.failure), values: [], failure: outcome.failure }
  const { kind } = outcome.value.answer
  // A denial is the truth here. An answer to another question than "does it exist" is a failure to tell.
  const truthful = kind === 'nxdomain' || kind === 'nodata' || kind === 'answer'
  return { status: kind, values: values(outcome.value), failure: truthful ? null : replyFailure(outcome.value) }
}

async function checkResolver(
  server: string,
  names: readonly string[],
  ask: (name: string) => Promise<Said>,
): Promise<NameResult> {
  const parts = await Promise.all(
    names.map(async (name) => {
      const started = performance.now()
      const { status, values, failure: failed } = await ask(name)
      const hijacked = status === 'answer'
      const elapsedMs = performance.now() - started
      const event: HijackEvent = { type: 'hijack', server, name, status, hijacked, values, elapsedMs }
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
    hint: 'the resolver, or something on the way to it, redirects misspelt names; or a domain given has a wildcard record',
  })
  return { ...joined, failure: failed, values }
}

/** No label so long and so random was ever registered. */
function madeUpName(domain: string): string {
  return `netkit-${randomBytes(12).toString('hex')}.${domain}`
}
