import { failure } from '../../core/failure.js'
import { lookup } from '../../net/lookup.js'
import { TYPE, typeName } from '../../protocol/dns/index.js'
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
  const groups = first.groups.map(
    ({ servers, status, values }) => `${servers.join(', ')}: ${status === 'answer' ? values.join(' ') : status}`,
  )
  const failed = failure({
    phase: 'lookup',
    origin: 'expectation',
    code: 'DIFFERENT',
    message: `${name} ${first.recordType} is not the same everywhere: ${groups.join('; ')}`,
    hint: 'caches may be of different age, servers may answer by where one asks from, and the hosts file beats the DNS',
  })
  return { name, events, failure: failed, values, status: 'answer' }
}

async function compareType(name: string, type: number, querier: Querier) {
  const family = FAMILY[type]
  const opinions = await Promise.all([
    ...(family ? [systemOpinion(name, family, querier)] : []),
    ...querier.servers.map((server) => serverOpinion(name, type, { ...querier, servers: [server] })),
  ])
  const groups = new Map<string, ComparisonGroup>()
  for (const { server, status, values } of opinions) {
    const key = JSON.stringify([status === 'nxdomain' && family ? 'nodata' : status, ...values])
    const group = groups.get(key)
    groups.set(key, { servers: [...(group?.servers ?? []), server], status: group?.status ?? status, values })
  }
  const comparison: ComparisonEvent = {
    type: 'comparison',
    name,
    recordType: typeName(type),
    agree: groups.size === 1,
    groups: [...groups.values()],
  }
  return { comparison, events: [...opinions.flatMap(({ events }) => events), comparison] }
}

async function systemOpinion(name: string, family: 4 | 6, { timeoutMs, context }: Querier): Promise<Opinion> {
  const deadline = context.deadline.within(timeoutMs)
  const outcome = await lookup(name, { family, deadline, signal: context.signal })
  const server = 'getaddrinfo'
  if (outcome.ok)
    return { server, status: 'answer', values: sorted(outcome.value.map(({ address }) => address)), events: [] }
  // getaddrinfo has one code for "no such name" and "no such record".
  const denied = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY'].includes(outcome.failure.code)
  return { server, status: denied ? 'nodata' : failureStatus(outcome.failure), values: [], events: [] }
}

async function serverOpinion(name: string, type: number, querier: Querier): Promise<Opinion> {
  const [server] = querier.servers
  if (!server) throw new Error('one server each')
  const question = { name: questionName(name, type), type, class: querier.options.class }
  const outcome = await querier.client.ask(server, question, querier.context.deadline)
  const { status, values, events } = partOf(name, type, outcome, querier)
  return { server: server.name, status, values: sorted(values), events }
}

function sorted(values: readonly string[]): string[] {
  return values.map(comparable).sort()
}
