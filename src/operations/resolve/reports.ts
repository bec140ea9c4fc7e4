import { type Failure, failureFields } from '../../core/failure.js'
import { hintOf, NO_HINT } from '../../core/hint.js'
import { className, type DnsMessage, type ResourceRecord, rcodeName, typeName } from '../../protocol/dns/index.js'
import type { FailedTry } from '../dns/inquiry.js'
import type { DnsReply } from '../dns/types.js'
import { failureStatus, replyFailure } from '../dns/verdict.js'
import type { AnswerEvent, EdnsReport, ResolveServerEvent } from './types.js'

/** The records of a reply: the answer section, and the others where they are wanted. */
export function answerEvents(name: string, { message, server }: DnsReply, sections: boolean): AnswerEvent[] {
  const events: AnswerEvent[] = []
  for (const record of message.answers) events.push(answerEvent(name, record, 'answer', server.name))
  if (!sections) return events
  for (const record of message.authorities) events.push(answerEvent(name, record, 'authority', server.name))
  for (const record of message.additionals) events.push(answerEvent(name, record, 'additional', server.name))
  return events
}

export function answerEvent(
  name: string,
  record: ResourceRecord,
  section: AnswerEvent['section'],
  server: AnswerEvent['server'],
): AnswerEvent {
  const address = record.fields?.['address']
  return {
    type: 'answer',
    name,
    owner: record.name,
    recordType: typeName(record.type),
    recordClass: className(record.class),
    ttl: record.ttl,
    value: record.text,
    address: typeof address === 'string' ? address : null,
    fields: record.fields,
    fault: record.fault?.reason ?? null,
    section,
    server,
    source: null,
    socketType: null,
    protocol: null,
    port: null,
    canonicalName: null,
  }
}

/** What all server events have, with nothing known. */
export const UNKNOWN_SERVER = {
  type: 'server',
  address: null,
  port: null,
  rcode: null,
  aa: null,
  tc: null,
  rd: null,
  ra: null,
  ad: null,
  cd: null,
  answers: 0,
  authorities: 0,
  additionals: 0,
  sizeBytes: null,
  trailingBytes: 0,
  fault: null,
  tries: 1,
  repeats: 0,
  truncated: false,
  ednsRefused: false,
  dropped: 0,
  edns: null,
  negativeTtl: null,
  tlsProtocol: null,
  httpVersion: null,
  ageSeconds: 0,
  attempts: [],
  source: null,
  canonicalName: null,
  canonicalSource: null,
} as const

// Written out: ten thousand of these a second are made, and spreading is slow.
export function serverEvent(name: string, reply: DnsReply, failed = replyFailure(reply)): ResolveServerEvent {
  const { message, answer } = reply
  const { flags } = message
  return {
    type: 'server',
    name,
    recordType: typeName(reply.question.type),
    server: reply.server.name,
    transport: reply.transport,
    address: reply.address,
    port: reply.port,
    status: answer.kind,
    rcode: rcodeName(message.rcode),
    aa: flags.aa,
    tc: flags.tc,
    rd: flags.rd,
    ra: flags.ra,
    ad: flags.ad,
    cd: flags.cd,
    answers: message.answers.length,
    authorities: message.authorities.length,
    additionals: message.additionals.length,
    sizeBytes: message.sizeBytes,
    trailingBytes: message.trailingBytes,
    fault: message.fault && `${message.fault.reason}, at byte ${message.fault.offset}`,
    tries: reply.tries,
    repeats: reply.repeats,
    truncated: reply.truncated,
    ednsRefused: reply.ednsRefused,
    dropped: reply.dropped,
    edns: ednsReport(message),
    negativeTtl: answer.negativeTtl,
    tlsProtocol: reply.tlsProtocol,
    httpVersion: reply.httpVersion,
    ageSeconds: reply.ageSeconds,
    attempts: reply.attempts,
    source: null,
    canonicalName: null,
    canonicalSource: null,
    elapsedMs: reply.elapsedMs,
    code: failed?.code ?? null,
    errno: failed?.errno ?? null,
    origin: failed?.origin ?? null,
    phase: failed?.phase ?? null,
    syscall: failed?.syscall ?? null,
    message: failed?.message ?? null,
    ...(failed ? hintOf(failed) : NO_HINT),
  }
}

/** Of a server that gave no reply. */
export function silentServerEvent(
  name: string,
  type: number,
  { server, transport, truncated }: FailedTry,
  failed: Failure,
  elapsedMs: number,
): ResolveServerEvent {
  return {
    ...UNKNOWN_SERVER,
    name,
    recordType: typeName(type),
    server: server.name,
    transport,
    address: failed.endpoint?.address ?? null,
    port: server.port,
    status: failureStatus(failed),
    tries: Math.max(1, failed.attempts.length),
    truncated,
    attempts: failed.attempts.slice(0, -1),
    elapsedMs,
    ...failureFields(failed),
  }
}

function ednsReport({ edns }: DnsMessage): EdnsReport | null {
  if (edns === null) return null
  const fieldsOf = (wanted: string) =>
    edns.options.flatMap(({ name, fields }) => (name === wanted && fields !== null ? [fields] : []))
  const [nsid] = fieldsOf('NSID')
  const [subnet] = fieldsOf('ECS')
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return {
    version: edns.version,
    udpPayloadBytes: edns.udpPayloadSize,
    dnssecOk: edns.dnssecOk,
    nsid: nsid ? (text(nsid['text']) ?? text(nsid['hex'])) : null,
    clientSubnet: subnet ? `${subnet['address']}/${subnet['sourcePrefixLength']}/${subnet['scopePrefixLength']}` : null,
    extendedErrors: fieldsOf('EDE').map((fields) => ({
      infoCode: Number(fields['infoCode']),
      meaning: text(fields['meaning']),
      extraText: text(fields['extraText']),
    })),
  }
}
