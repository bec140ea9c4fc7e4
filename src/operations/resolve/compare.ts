import { type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { lookup } from '../../net/connect/lookup.js'
import { nameKey, TYPE, typeName } from '../../protocol/dns/index.js'
import { questionName } from '../dns/names.js'
import { failureStatus } from '../dns/verdict.js'
import { comparable } from './expect.js'
import type { NameResult } from './name-result.js'
import { joinParts, partOf, type Querier } from './query.js'
import type { ComparisonEvent, ComparisonGroup, ResolveEvent, Status } from './types.js'

interface Opinion {
  readonly server: string
  readonly status: Status
  /** Why there is no answer; null where there is one. */
  readonly failure: Failure | null
  /** In one form and order; TTLs count down and do not count here. */
  readonly values: readonly string[]
  /** What the name is an alias for, step by step; null of getaddrinfo, which follows aliases unseen. */
  readonly aliases: readonly string[] | null
  readonly events: readonly ResolveEvent[]
}

const FAMILY: Readonly<Record<number, 4 | 6>> = { [TYPE.A]: 4, [TYPE.AAAA]: 6 }

/**
 * The same question to getaddrinfo (for addresses) and to every server at once. Fails with DIFFERENT where they disagree;
 * where they agree that there is no answer, with why.
 */
export async function compare(name: string, querier: Querier): Promise<NameResult> {
  const comparisons = await Promise.all(querier.options.types.map((type) => compareType(name, type, querier)))
  const agreed = joinParts(name, comparisons)
  const first = comparisons.map(({ comparison }) => comparison).find(({ agree }) => !agree)
  if (first === undefined) return agreed
  const groups = first.groups.map((group) => `${group.servers.join(', ')}: ${opinionText(group)}`)
  const failed = failure({
    phase: 'lookup',
    origin: 'expectation',
    code: 'DIFFERENT',
    message: `${name} ${first.recordType} is not the same everywhere: ${groups.join('; ')}`,
    ...hint(
      'caches may be of different age, servers may answer by where one asks from, and the hosts file beats the DNS',
    ),
  })
  return { ...agreed, failure: failed }
}

/** `192.0.2.1`, `alias for www.example. 192.0.2.1`, or the status or code where there is no answer. */
export function opinionText({ status, code, aliases, values }: ComparisonGroup): string {
  const end = aliases.at(-1)
  const outcome = status === 'answer' ? values : [status === 'failed' || status === 'error' ? (code ?? status) : status]
  return [...(end === undefined ? [] : [`alias for ${end}`]), ...outcome].join(' ')
}

async function compareType(name: string, type: number, querier: Querier) {
  const family = FAMILY[type]
  const all = await Promise.all([
    ...(family ? [systemOpinion(name, family, querier)] : []),
    ...querier.servers.map((server) => serverOpinion(name, type, { ...querier, servers: [server] })),
  ])
  // Who was interrupted has none.
  const opinions = all.filter(({ failure }) => failure?.origin !== 'abort')
  const groups: Group[] = []
  for (const opinion of opinions) {
    const group = groups.find((each) => agree(each, opinion))
    if (!group) groups.push({ ...opinion, servers: [opinion.server] })
    else {
      group.servers.push(opinion.server)
      // getaddrinfo comes first, and servers know more than it.
      if (group.aliases === null) Object.assign(group, { ...opinion, servers: group.servers })
    }
  }
  const comparison: ComparisonEvent = {
    type: 'comparison',
    name,
    recordType: typeName(type),
    agree: groups.length < 2,
    groups: groups.map(({ servers, status, failure, aliases, values }) => {
      return { servers, status, code: failure?.code ?? null, aliases: aliases ?? [], values }
    }),
  }
  const { status = 'failed', failure = null, values = [] } = groups[0] ?? {}
  const events = [...all.flatMap(({ events }) => events), ...(groups.length > 0 ? [comparison] : [])]
  return { comparison, events, status, failure, values }
}

interface Group extends Omit<Opinion, 'server' | 'events'> {
  readonly servers: string[]
}

/** getaddrinfo shows neither aliases nor whether a name without addresses exists: it agrees with whatever fits. */
function agree(one: Group, other: Opinion): boolean {
  if (one.values.join('\n') !== other.values.join('\n')) return false
  if (one.aliases !== null && other.aliases !== null)
    return sameEnd(one, other) && one.aliases.join('\n') === other.aliases.join('\n')
  return sameEnd(one, other) || denies(one, other) || fails(one, other)
}

function sameEnd(one: Group, other: Opinion): boolean {
  return one.status === other.status && one.failure?.code === other.failure?.code
}

/** "No such name" is what getaddrinfo makes of these, of aliases in a circle too. */
const DENIALS: readonly Status[] = ['nxdomain', 'nodata', 'loop']

function denies(...opinions: readonly Pick<Opinion, 'status'>[]): boolean {
  return opinions.every(({ status }) => DENIALS.includes(status))
}

/** "Temporary failure" is what it makes of whatever else is no answer. */
const UNANSWERED: readonly Status[] = ['servfail', 'refused', 'error', 'lame', 'timeout', 'broken', 'failed']

function fails(one: Pick<Group, 'status' | 'failure'>, other: Pick<Opinion, 'status' | 'failure'>): boolean {
  const temporary = one.failure?.code === 'EAI_AGAIN' || other.failure?.code === 'EAI_AGAIN'
  return temporary && [one, other].every(({ status }) => UNANSWERED.includes(status))
}

async function systemOpinion(name: string, family: 4 | 6, { systemMs, context }: Querier): Promise<Opinion> {
  const deadline = context.deadline.within(systemMs)
  const outcome = await lookup(name, { family, deadline, signal: context.signal })
  const unseen = { server: 'getaddrinfo', aliases: null, events: [] } as const
  if (outcome.ok) {
    return { ...unseen, status: 'answer', failure: null, values: sorted(outcome.value.map(({ address }) => address)) }
  }
  // getaddrinfo has one code for "no such name" and "no such record".
  const denied = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY'].includes(outcome.failure.code)
  const status = denied ? 'nodata' : failureStatus(outcome.failure)
  return { ...unseen, status, failure: outcome.failure, values: [] }
}

async function serverOpinion(name: string, type: number, querier: Querier): Promise<Opinion> {
  const [server] = querier.servers
  if (!server) throw new Error('one server each')
  const question = { name: questionName(name, type), type, class: querier.options.class }
  const { outcome, failed } = await querier.client.askTelling(server, question, querier.context.deadline)
  const { status, failure, values, events } = partOf(name, type, outcome, failed, querier)
  const links = outcome.ok ? outcome.value.answer.chain.links : []
  const aliases = links.map(({ to }) => nameKey(to))
  // A set, however often the server says the same (RFC 2181, section 5).
  return { server: server.name, status, failure, values: sorted([...new Set(values)]), aliases, events }
}

function sorted(values: readonly string[]): string[] {
  return values.map(comparable).sort()
}
