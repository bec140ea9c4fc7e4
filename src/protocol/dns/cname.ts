import type { Question, ResourceRecord } from './message.js'
import { CLASS } from './registry.js'
import { answersType, TYPE } from './types.js'
import { ancestors, MAX_NAME_BYTES, type Name, nameKey, ROOT, sameName } from './wire/name.js'

/** One step from a name to what it stands for. */
export interface Link {
  readonly from: Name
  readonly to: Name
  readonly type: 'CNAME' | 'DNAME'
  /** Seconds. */
  readonly ttl: number
}

export interface Chain {
  /** In order; empty where the name is its own. */
  readonly links: readonly Link[]
  /** The name at the chain's end: the question's own where there are no links. */
  readonly end: Name
  /** The records there of the type that was asked for, those with a fault too. */
  readonly records: readonly ResourceRecord[]
  /** Why following stopped before its end: a loop, an alias without a readable target, a name grown too long; or null. */
  readonly broken: 'loop' | 'unreadable' | 'too long' | null
}

type ChainStep = Link | 'unreadable' | 'too long' | null

/** Follows CNAME (RFC 1034, section 3.6.2) and DNAME (RFC 6672) from the question through the answer section alone. */
export function followChain(question: Question, answers: readonly ResourceRecord[]): Chain {
  // The rule, and then there is nothing to index.
  const own = ownRecords(question, answers)
  if (own.length > 0) return { links: [], end: question.name, records: own, broken: null }
  const ofClass = (record: ResourceRecord) => isOfClass(record, question)
  const wanted = ({ type }: ResourceRecord) => answersType(question.type, type)
  const owners = byOwner(answers.filter(ofClass))
  const links: Link[] = []
  const seen = new Set<string>()
  for (let name = question.name; ; ) {
    seen.add(nameKey(name))
    const records = (owners.get(nameKey(name)) ?? []).filter(wanted)
    const step = records.length > 0 ? null : nextStep(name, owners)
    if (step === null || typeof step === 'string') return { links, end: name, records, broken: step }
    links.push(step)
    if (seen.has(nameKey(step.to))) return { links, end: step.to, records: [], broken: 'loop' }
    name = step.to
  }
}

/** The records that answer the question as it stands: no copy where these are all. */
function ownRecords(question: Question, answers: readonly ResourceRecord[]): readonly ResourceRecord[] {
  for (const record of answers) if (!isOwn(record, question)) return answers.filter((each) => isOwn(each, question))
  return answers
}

function isOwn(record: ResourceRecord, question: Question): boolean {
  return answersType(question.type, record.type) && isOfClass(record, question) && sameName(record.name, question.name)
}

function isOfClass(record: ResourceRecord, question: Question): boolean {
  return record.class === question.class || question.class === CLASS.ANY
}

type Owners = ReadonlyMap<string, readonly ResourceRecord[]>

function byOwner(records: readonly ResourceRecord[]): Owners {
  const owners = new Map<string, ResourceRecord[]>()
  for (const record of records) {
    const key = nameKey(record.name)
    const others = owners.get(key)
    if (others === undefined) owners.set(key, [record])
    else others.push(record)
  }
  return owners
}

function nextStep(name: Name, owners: Owners): ChainStep {
  const alias = owners.get(nameKey(name))?.find(({ type }) => type === TYPE.CNAME)
  if (alias !== undefined) {
    const to = targetOf(alias)
    return to === null ? 'unreadable' : { from: name, to, type: 'CNAME', ttl: alias.ttl }
  }
  for (const ancestor of ancestors(name)) {
    const redirection = owners.get(nameKey(ancestor))?.find(({ type }) => type === TYPE.DNAME)
    if (redirection !== undefined) return substitute(name, redirection)
  }
  return null
}

/** The name with the DNAME's owner at its end replaced by the DNAME's target. */
function substitute(name: Name, redirection: ResourceRecord): ChainStep {
  const target = targetOf(redirection)
  if (target === null) return 'unreadable'
  const ownerLength = redirection.name === ROOT ? 0 : redirection.name.length
  const prefix = name.slice(0, name.length - ownerLength)
  const to = target === ROOT ? prefix : `${prefix}${target}`
  if (wireLength(to) > MAX_NAME_BYTES) return 'too long'
  return { from: name, to, type: 'DNAME', ttl: redirection.ttl }
}

/** Octets on the wire of labels that are each known to be good. */
function wireLength(name: Name): number {
  return name.replace(/\\(\d{3}|.)/g, 'x').length + 1
}

/** The name that a CNAME, DNAME, NS or PTR record points to; null where its RDATA has a fault or no such field. */
export function targetOf(record: ResourceRecord): Name | null {
  const target = record.fields?.['target']
  return typeof target === 'string' ? target : null
}
