import { failure } from '../../core/failure.js'
import { lookup } from '../../net/lookup.js'
import { nameKey, TYPE, typeName } from '../../protocol/dns/index.js'
import { questionName } from '../dns/names.js'
import { failureStatus } from '../dns/verdict.js'
import { comparable } from './expect.js'
import { partOf, type Querier } from './query.js'
import type { NameResult } from './run.js'
import type { ComparisonEvent, ComparisonGroup, ResolveEvent, Status } from './types.js'

interface Opinion {
  readonly server: string
  readonly status: Status
  /** In one form and order; TTLs count down and do not count here. */
  readonly values: readonly string[]
  /** What the name is an alias for, step by step; null of getaddrinfo, which follows aliases unseen. */
  readonly aliases: readonly string[] | null
  readonly events: readonly ResolveEvent[]
}

const FAMILY: Readonly<Record<number, 4 | 6>> = { [TYPE.A]: 4, [TYPE.AAAA]: 6 }

/** The same question to getaddrinfo (for addresses) and to every server at once; fails with DIFFERENT where they disagree. */
export async function compare(name: string, querier: Querier): Promise<NameResult> {
  const comparisons = await Promise.all(querier.options.types.map((type) => compareType(name, type, querier)))
  const events = comparisons.flatMap(({ events }) => events)
  const differing = comparisons.filter(({ comparison }) => !comparison.agree).map(({ comparison }) => comparison)
  const values = comparisons.flatMap(({ comparison }) => comparison.groups[0]?.values ?? [])
  const [first] = differing
  if (first === undefined) return { name, events, failure: null, values, status: 'answer' }
  const groups = first.groups.map((group) => `${group.servers.join(', ')}: ${opinionText(group)}`)
  const failed = failure({
    phase: 'lookup',
    origin: 'expectation',
    code: 'DIFFERENT',
    message: `${name} ${first.recordType} is not the same everywhere: ${groups.join('; ')}`,
    hint: 'caches may be of different age, servers may answer by where one asks from, and the hosts file beats the DNS',
  })
  return { name, events, failure: failed, values, status: 'answer' }
}

/** `192.0.2.1`, `alias for www.example. 192.0.2.1`, or the status where there is no answer. */
export function opinionText({ status, aliases, values }: ComparisonGroup): string {
  const end = aliases.at(-1)
  return [...(end === undefined ? [] : [`alias for ${end}`]), ...(status === 'answer' ? values : [status])].join(' ')
}

async function compareType(name: string, type: number, querier: Querier) {
  const family = FAMILY[type]
  const opinions = await Promise.all([
    ...(family ? [systemOpinion(name, family, querier)] : []),
    ...querier.servers.map((server) => serverOpinion(name, type, { ...querier, servers: [server] })),
  ])
  const groups: Group[] = []
  for (const opinion of opinions) {
    const group = groups.find((each) => agree(each, opinion))
    if (!group) groups.push({ ...opinion, servers: [opinion.server] })
    else {
      group.servers.push(opinion.server)
      // getaddrinfo comes first, and servers know more than it.
      if (group.aliases === null) Object.assign(group, { status: opinion.status, aliases: opinion.aliases })
    }
  }
  const comparison: ComparisonEvent = {
    type: 'comparison',
    name,
    recordType: typeName(type),
    agree: groups.length === 1,
    groups: groups.map(({ servers, status, aliases, values }) => ({ servers, status, aliases: aliases ?? [], values })),
  }
  return { comparison, events: [...opinions.flatMap(({ events }) => events), comparison] }
}

interface Group extends Omit<Opinion, 'server' | 'events'> {
  readonly servers: string[]
}

/** getaddrinfo shows neither aliases nor whether a name without addresses exists: it agrees with whatever fits. */
function agree(one: Group, other: Opinion): boolean {
  if (one.values.join('\n') !== other.values.join('\n')) return false
  if (one.aliases !== null && other.aliases !== null)
    return one.status === other.status && one.aliases.join('\n') === other.aliases.join('\n')
  return one.status === other.status || (denies(one) && denies(other))
}

function denies({ status }: Pick<Opinion, 'status'>): boolean {
  return status === 'nxdomain' || status === 'nodata'
}

async function systemOpinion(name: string, family: 4 | 6, { timeoutMs, context }: Querier): Promise<Opinion> {
  const deadline = context.deadline.within(timeoutMs)
  const outcome = await lookup(name, { family, deadline, signal: context.signal })
  const unseen = { server: 'getaddrinfo', aliases: null, events: [] } as const
  if (outcome.ok) return { ...unseen, status: 'answer', values: sorted(outcome.value.map(({ address }) => address)) }
  // getaddrinfo has one code for "no such name" and "no such record".
  const denied = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY'].includes(outcome.failure.code)
  return { ...unseen, status: denied ? 'nodata' : failureStatus(outcome.failure), values: [] }
}

async function serverOpinion(name: string, type: number, querier: Querier): Promise<Opinion> {
  const [server] = querier.servers
  if (!server) throw new Error('one server each')
  const question = { name: questionName(name, type), type, class: querier.options.class }
  const outcome = await querier.client.ask(server, question, querier.context.deadline)
  const { status, values, events } = partOf(name, type, outcome, querier)
  const links = outcome.ok ? outcome.value.answer.chain.links : []
  return { server: server.name, status, values: sorted(values), aliases: links.map(({ to }) => nameKey(to)), events }
}

function sorted(values: readonly string[]): string[] {
  return values.map(comparable).sort()
}
