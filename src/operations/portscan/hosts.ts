import pLimit from 'p-limit'
import { parseTargets } from '../../core/address/target-syntax.js'
import type { TargetList } from '../../core/address/targets.js'
import type { Deadline } from '../../core/deadline.js'
import type { Failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { UsageError } from '../../core/usage-error.js'
import { type Family, lookup, type ResolvedAddress } from '../../net/connect/lookup.js'

/** Names looked up at once: getaddrinfo(3) takes a thread each. */
const LOOKUPS = 16

export interface ScanHost extends ResolvedAddress {
  /** As its user wrote it. */
  readonly target: string
}

/** The addresses to scan: those that names resolved to, then the ranges, expanded only when asked for. */
export interface HostList {
  readonly size: number
  at(index: number): ScanHost
  readonly named: readonly ScanHost[]
  /** How many of the targets are names. */
  readonly names: number
  readonly unresolved: readonly { readonly target: string; readonly failure: Failure }[]
}

/** How names are looked up. */
export interface HostLookup {
  /** The longest wait for one name. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** The bound on the whole run. */
  readonly deadline: Deadline
}

/**
 * The targets without the addresses of names that are excluded. Fails where one of those does not resolve: what it
 * stands for would be scanned. Throws UsageError where nothing is left.
 */
export async function withoutExcluded(
  targets: TargetList,
  { timeoutMs, signal, deadline }: HostLookup,
): Promise<Outcome<TargetList>> {
  const elapsed = stopwatch()
  const limit = pLimit(LOOKUPS)
  const found = await limit.map(targets.excludedNames, (name) =>
    lookup(name, { signal, deadline: deadline.within(timeoutMs) }),
  )
  let left = targets
  for (const [i, outcome] of found.entries()) {
    if (!outcome.ok) {
      const message = `${targets.excludedNames[i]}, which is excluded: ${outcome.failure.message}`
      return fail({ ...outcome.failure, message }, elapsed())
    }
    for (const { address } of outcome.value) left = left.exclude(parseTargets(address, 'exclude'))
  }
  if (left.size === 0) throw nothingLeft()
  return ok(left, elapsed())
}

function nothingLeft(): UsageError {
  return new UsageError('exclude leaves no target', 'exclude')
}

/**
 * Resolves the names among the targets, all addresses of each: a service may listen on one of them alone. A name that
 * does not resolve does not stop the others. Throws UsageError where all that they resolve to is excluded.
 */
export async function resolveHosts(
  targets: TargetList,
  family: Family | undefined,
  { timeoutMs, signal, deadline }: HostLookup,
): Promise<HostList> {
  const names: string[] = []
  for (let host = targets.at(0); host?.kind === 'name'; host = targets.at(names.length)) names.push(host.name)
  checkFamily(targets, names.length, family)

  const limit = pLimit(LOOKUPS)
  const outcomes = await limit.map(names, (name) =>
    lookup(name, { family, signal, deadline: deadline.within(timeoutMs) }),
  )
  const named: ScanHost[] = []
  const unresolved: { target: string; failure: Failure }[] = []
  for (const [i, outcome] of outcomes.entries()) {
    const target = names[i] ?? ''
    if (!outcome.ok) unresolved.push({ target, failure: outcome.failure })
    else for (const found of outcome.value) if (!targets.excludes(found.address)) named.push({ target, ...found })
  }
  const size = named.length + targets.size - names.length
  if (size === 0 && unresolved.length === 0) throw nothingLeft()
  const listed = addressList<ResolvedAddress>(named, targets, names.length)
  return {
    size,
    named,
    names: names.length,
    unresolved,
    at: (index) => named[index] ?? withTarget(listed(index)),
  }
}

/** The address at an index: what names resolved to, then the targets behind their first `names`. */
export function addressList<T extends ResolvedAddress>(
  named: readonly T[],
  targets: TargetList | null,
  names: number,
): (index: number) => T | ResolvedAddress {
  return (index) => {
    const known = named[index]
    if (known) return known
    const listed = targets?.at(index - named.length + names)
    if (listed?.kind !== 'address') throw new RangeError(`no host ${index} in this scan`)
    return listed
  }
}

function withTarget({ address, family }: ResolvedAddress): ScanHost {
  return { target: address, address, family }
}

/** Addresses come in the order IPv4, IPv6: the ends of the list tell whether one of the wrong family is among them. */
function checkFamily(targets: TargetList, names: number, family: Family | undefined): void {
  if (family === undefined || names === targets.size) return
  const odd = targets.at(family === 4 ? targets.size - 1 : names)
  if (odd?.kind === 'address' && odd.family !== family) {
    throw new UsageError(`targets: ${odd.address} is not an IPv${family} address`, 'targets', 'asked-family')
  }
}
