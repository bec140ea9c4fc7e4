import { combineFailures, type Failure, failure } from '../../../core/failure.js'
import { hint } from '../../../core/hint.js'
import { type Name, type Question, typeName } from '../../../protocol/dns/index.js'
import { attemptOf } from '../../dns/failures.js'
import type { DnsServer } from '../../dns/server.js'
import type { DnsReply } from '../../dns/types.js'
import { replyFailure } from '../../dns/verdict.js'

const HINT = hint(
  'the zone above names servers that do not serve it: the delegation, or those servers, must be set right',
)
const NO_HELP = new Set(['servfail', 'refused', 'error', 'broken'])

/** Why a reply leads nowhere, so that another server of the zone is to be asked; null where it does. */
export function uselessness(reply: DnsReply, zone: Name): Failure | null {
  const { answer, message, server } = reply
  if (NO_HELP.has(answer.kind)) return replyFailure(reply)
  const authority = message.authorities[0]?.name
  if (answer.kind === 'referral')
    return lame(reply, `${server.name} does not serve ${zone}: it refers to the servers of ${authority}`)
  // Nothing, from one who does not claim to know.
  if (answer.kind === 'lame' || (answer.kind === 'nodata' && !message.flags.aa && answer.negativeTtl === null))
    return lame(reply, `${server.name} does not serve ${zone}: it says nothing, and is no authority for that`)
  return null
}

function lame({ server, address, port }: DnsReply, message: string): Failure {
  const endpoint = { host: server.host, address, port, path: null }
  return failure({ phase: 'lookup', origin: 'resolver', code: 'LAME_DELEGATION', message, ...HINT, endpoint })
}

/** A server that was of no help, why, and after how long. */
export interface Useless {
  readonly server: DnsServer
  readonly failed: Failure
  readonly elapsedMs: number
}

/** None of the servers of a zone helped. */
export function allFailed(zone: Name, useless: readonly Useless[]): Failure {
  const failures = useless.map(({ failed }) => failed)
  const attempts = useless.map(({ server, failed, elapsedMs }) => attemptOf(server, failed, elapsedMs))
  return { ...combineFailures(failures, failures.length, `name servers of ${zone}`), attempts }
}

/** The names of its servers lead to no address, of that family where there is one. */
export function noAddresses(
  zone: Name,
  names: readonly Name[],
  { type }: Question,
  family: 4 | 6 | undefined,
): Failure {
  const address = family === undefined ? 'no address' : `no IPv${family} address`
  return failure({
    phase: 'lookup',
    origin: 'resolver',
    code: 'LAME_DELEGATION',
    message: `${address} is known of the name servers of ${zone} (${names.join(', ')}), asked for ${typeName(type)}`,
    ...(family === undefined
      ? hint(
          'the names of its name servers do not resolve; the zone above must list their addresses where they lie within it',
        )
      : hint('they may have addresses of the other family: ask over both, and compare', 'both-families')),
  })
}

export function tooManyQuestions(zone: Name, count: number): Failure {
  return failure({
    phase: 'lookup',
    origin: 'resolver',
    code: 'LAME_DELEGATION',
    message: `gave up in ${zone} after ${count} questions: the names of the name servers lead to ever more names`,
    ...HINT,
  })
}
