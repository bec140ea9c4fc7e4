import { questionName } from '../../dns/names.js'
import type { DnsServer } from '../../dns/server.js'
import { failureStatus } from '../../dns/verdict.js'
import type { NameResult } from '../name-result.js'
import { joinParts, type Querier } from '../query.js'
import type { ResolveEvent } from '../types.js'
import { Walker } from './walker.js'

export { rootServers } from './roots.js'

/**
 * From the root downwards, without recursion: each referral with its time, servers that do not help on the way, then the
 * answer. Events go to `tell` as they happen where it is given, else they come with the result.
 */
export async function trace(
  name: string,
  roots: readonly DnsServer[],
  querier: Querier,
  tell?: (event: ResolveEvent) => void,
): Promise<NameResult> {
  const walker = new Walker(roots, querier)
  const parts = []
  for (const type of querier.options.types) {
    const events: ResolveEvent[] = []
    const question = { name: questionName(name, type), type, class: querier.options.class }
    const { reply, failed } = await walker.walk(name, question, tell ?? ((event) => void events.push(event)))
    const status = reply ? reply.answer.kind : failed ? failureStatus(failed) : 'failed'
    const values = reply?.answer.chain.records.map(({ text }) => text) ?? []
    parts.push({ events, values, status, failure: failed })
  }
  return joinParts(name, parts)
}
