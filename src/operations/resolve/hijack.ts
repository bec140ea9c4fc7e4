import { randomBytes } from 'node:crypto'
import { type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { lookup } from '../../net/connect/lookup.js'
import { CLASS, parseName, TYPE, typeName } from '../../protocol/dns/index.js'
import { DnsClient } from '../dns/client.js'
import type { DnsServer } from '../dns/server.js'
import type { DnsReply } from '../dns/types.js'
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

/** One way to ask for a name that cannot exist. */
interface Way {
  readonly name: string
  readonly recordType: string | null
  readonly edns: boolean | null
}

type Asked = Way & Said

/** Some rewrite the denial of one type alone. Of these an answer is a lie; that there is none proves nothing. */
const OTHER_TYPES: readonly number[] = [TYPE.MX, TYPE.TXT, TYPE.HTTPS]

/**
 * Asks for names that cannot exist, each made up anew: below `invalid` (RFC 6761, section 6.4), as a top-level domain,
 * below `com`, below the domains given, and of this system below its search domains. Of each a name that begins with
 * `www.` is asked for as well, and all of it without EDNS too: some lie about such alone. A resolver that answers is
 * named, with what it answers.
 */
export async function checkHijack(
  domains: readonly string[],
  querier: Querier,
  system: boolean,
  search: readonly string[],
): Promise<NameResult[]> {
  const { servers, client, context, systemMs } = querier
  const absolute = (domain: string) => (domain === '' ? '' : domain.replace(/^\./, '').replace(/\.?$/, '.'))
  const below = ['invalid.', '', 'com.', ...domains.map(absolute)]
  const searched = system ? search.map(absolute).filter((domain) => domain !== '.' && domain !== '') : []
  const plain = client.options.edns === null ? null : new DnsClient({ ...client.options, edns: null }, client.signal)
  const ask = async (server: DnsServer, by: DnsClient, name: string, type: number): Promise<Asked> => {
    const outcome = await by.ask(server, { name: parseName(name), class: CLASS.IN, type }, context.deadline)
    return { name, recordType: typeName(type), edns: by !== plain && plain !== null, ...told(outcome) }
  }
  const askAll = (server: DnsServer) => async (name: string) => {
    const clients = plain === null ? [client] : [client, plain]
    const names = [name, `www.${name}`]
    const first = await Promise.all([TYPE.A, TYPE.AAAA].map((type) => ask(server, client, name, type)))
    // Who does not answer at all need not be asked in every way.
    if (first.every(({ failure }) => failure !== null)) return first
    const others = names.flatMap((each) =>
      clients.flatMap((by) =>
        [TYPE.A, TYPE.AAAA, ...OTHER_TYPES]
          .filter((type) => each !== name || by !== client || OTHER_TYPES.includes(type))
          .map((type) => ask(server, by, each, type)),
      ),
    )
    return [...first, ...(await Promise.all(others)).filter(isLie)]
  }
  const lookUp = async (name: string): Promise<Asked> => {
    const deadline = context.deadline.within(systemMs)
    const outcome = await lookup(name, { deadline, signal: context.signal })
    const way = { name, recordType: null, edns: null }
    if (outcome.ok) {
      return { ...way, status: 'answer', values: outcome.value.map(({ address }) => address), failure: null }
    }
    const denied = outcome.failure.code === 'ENOTFOUND'
    const status = denied ? 'nxdomain' : failureStatus(outcome.failure)
    return { ...way, status, values: [], failure: denied ? null : outcome.failure }
  }
  const lookUpAll = async (name: string) => {
    const first = await lookUp(name)
    return [first, ...[await lookUp(`www.${name}`)].filter(isLie)]
  }
  const names = [...below, ...searched].map(madeUpName)
  // getaddrinfo goes through the search domains itself.
  const ofSystem = [...below.map(madeUpName), ...(searched.length > 0 ? [madeUpName('').slice(0, -1)] : [])]
  try {
    return await Promise.all([
      ...servers.map((server) => checkResolver(server.name, names, askAll(server))),
      ...(system ? [checkResolver('getaddrinfo', ofSystem, lookUpAll)] : []),
    ])
  } finally {
    plain?.close()
  }
}

/** An alias for another name is one too, whatever that name comes to. */
function isLie({ status, values }: Said): boolean {
  return status === 'answer' || values.length > 0
}

function told(outcome: Outcome<DnsReply>): Said {
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
  ask: (name: string) => Promise<readonly Asked[]>,
): Promise<NameResult> {
  const parts = await Promise.all(
    names.map(async (name) => {
      const elapsed = stopwatch()
      const all = await ask(name)
      // A lie in one way is a lie; without one, silence in one way is no denial.
      const said = all.find(isLie) ?? all.find(({ failure }) => failure !== null) ?? all[0]
      if (said === undefined) throw new Error('a name that was asked for')
      const { status, failure: failed } = said
      const values = [...new Set(all.flatMap(({ values }) => values))]
      const hijacked = isLie(said)
      const code = failed?.code ?? null
      const way = { name: said.name, recordType: hijacked ? said.recordType : null, edns: hijacked ? said.edns : null }
      const event: HijackEvent = {
        type: 'hijack',
        server,
        ...way,
        status,
        code,
        hijacked,
        values,
        elapsedMs: elapsed(),
      }
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
      'the resolver, or something on the way to it, redirects misspelt names; or a domain given, or a search domain, has a wildcard record',
    ),
  })
  return { ...joined, failure: failed, values }
}

const MADE_UP = 'netkit-'

/** No label so long and so random was ever registered. */
function madeUpName(domain: string): string {
  return `${MADE_UP}${randomBytes(12).toString('hex')}.${domain}`
}
