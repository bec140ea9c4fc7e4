import { describeCode } from '../../core/errno/index.js'
import { type Failure, failure } from '../../core/failure.js'
import { type Hinted, hint, hintOf, NO_HINT } from '../../core/hint.js'
import { isTransfer, rcodeName, typeName } from '../../protocol/dns/index.js'
import type { Status } from './events.js'
import { attemptOf } from './failures.js'
import type { Transport } from './server.js'
import type { DnsReply } from './types.js'

/** What is wrong with a reply as an answer to its question; null where there is nothing. */
export function replyFailure(reply: DnsReply): Failure | null {
  const { question, server, answer, message, address, port } = reply
  const { kind, chain, fault } = answer
  if (kind === 'answer') return null
  const code = CODES[kind] ?? rcodeName(message.rcode)
  const of = `${question.name} ${typeName(question.type)}`
  const end = chain.links.length > 0 ? ` (an alias for ${chain.end})` : ''
  const said = EXPLAINED[kind] ?? describeCode(code)?.meaning ?? 'an unusual response code'
  const because = fault ? `: ${fault.reason}, at byte ${fault.offset}` : extendedError(message.edns?.options ?? [])
  const broken = kind === 'broken'
  const failed = failure({
    phase: broken ? 'protocol' : 'lookup',
    origin: broken ? 'peer' : 'resolver',
    code,
    endpoint: { host: server.host, address, port, path: null },
    message: `${of}${end}: ${code} from ${server.name}: ${said}${because}`,
    ...(HINTS[kind] ??
      extendedHint(message.edns?.options ?? []) ??
      overTcp(code, reply.transport) ??
      servfailHint(reply) ??
      hintOf(describeCode(code) ?? NO_HINT)),
  })
  return { ...failed, attempts: [...reply.attempts, attemptOf(server, failed, reply.elapsedMs)] }
}

/** The status of a question that got no reply. */
export function failureStatus({ origin, code }: Failure): Status {
  if (origin === 'deadline') return 'timeout'
  return code === 'EBADRESP' ? 'broken' : 'failed'
}

const CODES: Readonly<Partial<Record<Status, string>>> = {
  nodata: 'NODATA',
  nxdomain: 'NXDOMAIN',
  referral: 'REFERRAL',
  incomplete: 'INCOMPLETE',
  lame: 'LAME',
  broken: 'EBADRESP',
  loop: 'CNAME_LOOP',
}

const EXPLAINED: Readonly<Partial<Record<Status, string>>> = {
  referral: 'the server does not have that zone and names others to ask',
  incomplete: 'the name is an alias, and the server does not say for what address or value',
  lame: 'it says nothing, and is neither an authority for that name (AA) nor a resolver (RA)',
  loop: 'the aliases lead back to themselves',
}

const HINTS: Readonly<Partial<Record<Status, Hinted>>> = {
  referral: hint('ask a resolver, or follow the referrals', 'referrals'),
  incomplete: hint('ask a resolver, or the server that has the zone of the alias'),
  lame: hint('the server does not serve that zone, though it is asked for it: ask another one', 'name-server'),
  loop: hint('one of the CNAME records is wrong: look at all records of the chain', 'all-records'),
}

/** Not what has been tried already: after FORMERR a question is always asked without EDNS too. */
function overTcp(code: string, transport: Transport): Hinted | null {
  if (code === 'FORMERR' && transport === 'udp')
    return hint('it was asked without EDNS too: ask another server, or over TCP', 'over-tcp')
  if (code === 'FORMERR') return hint('it was asked without EDNS too: ask another server, and compare')
  return code === 'EBADRESP' && transport !== 'udp' ? hint('ask another name server, and compare') : null
}

/** SERVFAIL where something else than DNSSEC stands behind it; null for the question of a resolver's client. */
function servfailHint({ question, answer, message, server }: DnsReply): Hinted | null {
  if (answer.kind !== 'servfail') return null
  if (isTransfer(question.type))
    return hint(`${server.name} has not loaded that zone, or cannot hand it out: look into its log`)
  if (answer.chain.broken === 'loop') return HINTS.loop ?? null
  if (answer.chain.links.length > 0)
    return hint(`the end of the aliases, ${answer.chain.end}, is what fails: ask for it`)
  // Whoever does not recurse does not validate either.
  if (!message.flags.rd || !message.flags.ra)
    return hint(
      `${server.name} is to serve that zone, and has not loaded it, or it has expired there: look into its log`,
    )
  return null
}

type EdnsOptions = readonly { readonly name: string; readonly fields: object | null }[]

/** What to do about an extended error, where that says more than the response code (RFC 8914, section 4). */
const EXTENDED_HINTS: readonly (readonly [infoCodes: readonly number[], hinted: Hinted])[] = [
  [
    [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27],
    hint('the answer fails DNSSEC: the signatures of the zone, its DS record or a clock are wrong', 'no-check'),
  ],
  [[4, 15, 16, 17], hint('this resolver withholds the name on purpose: ask others too', 'compare')],
  [[18], hint('an access list shuts this client out, or the server wants a key (TSIG), which netkit does not send')],
  [[22, 23], hint('the resolver does not reach the name servers of the zone: ask them from here', 'ask-traced')],
]

function extendedHint(options: EdnsOptions): Hinted | null {
  for (const { name, fields } of options) {
    if (name !== 'EDE' || fields === null || !('infoCode' in fields)) continue
    const known = EXTENDED_HINTS.find(([infoCodes]) => infoCodes.includes(Number(fields.infoCode)))
    if (known) return known[1]
  }
  return null
}

/** RFC 8914. */
function extendedError(options: EdnsOptions): string {
  const texts = options.flatMap(({ name, fields }) => {
    if (name !== 'EDE' || fields === null || !('infoCode' in fields)) return []
    const { infoCode, meaning, extraText } = fields as Record<string, unknown>
    return [`${meaning ?? `error ${infoCode}`}${extraText ? ` (${extraText})` : ''}`]
  })
  return texts.length > 0 ? ` [${texts.join('; ')}]` : ''
}
