import { hostname } from 'node:os'
import { formatAddress, parseAddress, unmapAddress } from '../../core/address/address.js'
import { combineFailures, type Failure, failureFields } from '../../core/failure.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { lookup } from '../../net/connect/lookup.js'
import { HostsFile } from '../../net/system/hosts-file.js'
import { hostServices } from '../../net/system/name-service.js'
import { readResolverConfig } from '../../net/system/resolver-config.js'
import { askOptions, DnsClient, systemServers } from '../dns/index.js'
import { NameFinder } from '../reverse/names-of.js'
import { fqdnOf } from './fqdn.js'
import { interfaces } from './interfaces.js'
import { limits } from './system.js'
import type { HostNameEvent, InterfaceEvent, LocalEvent, LocalOptions, LocalSummary, SettingsEvent } from './types.js'

export type * from './types.js'

type LocalContext = OperationContext<LocalEvent>

/** What this machine is called and how it reaches others. Fails only where a host of `to` cannot be resolved or reached. */
export const local: Operation<LocalOptions, LocalEvent, LocalSummary> = async (options, context) => {
  const elapsed = stopwatch()
  const { emit } = context
  emit(await host(options, context))
  const found = await interfaces()
  for (const event of found) emit(event)
  const config = readResolverConfig()
  for (const { address, port } of config.servers) emit({ type: 'resolver', address, port })
  emit(settings(config))
  for (const { address, name, aliases } of HostsFile.read()?.entries ?? [])
    emit({ type: 'hosts', address, name, aliases })

  const failures: Failure[] = []
  for (const to of options.to) {
    const failed = await source(to, found, options, context)
    if (failed) failures.push(failed)
  }
  const summary = { interfaces: new Set(found.map(({ name }) => name)).size }
  const elapsedMs = elapsed()
  if (failures.length === 0) return ok(summary, elapsedMs)
  return fail(combineFailures(failures, options.to.length, 'hosts'), elapsedMs, summary)
}

async function host({ timeoutMs }: LocalOptions, { deadline, signal }: LocalContext): Promise<HostNameEvent> {
  const hostName = hostname()
  const resolved = await lookup(hostName, { deadline: deadline.within(timeoutMs), signal })
  const address = (resolved.ok ? resolved.value[0]?.address : null) ?? null
  if (address === null) return fqdnOf(hostName, null, null)
  const config = readResolverConfig()
  const request = { recursionDesired: true, checkingDisabled: false, edns: null, tcp: false, tls: {} }
  const client = new DnsClient(askOptions({ ...request, timeoutMs, tries: 1 }, config), signal)
  const finder = new NameFinder({ client, servers: null, systemServers: systemServers(config), timeoutMs, signal })
  const names = await finder.namesOf(address, deadline.within(timeoutMs))
  client.close()
  return fqdnOf(hostName, names.ok ? { address, names: names.value.names } : null, address)
}

function settings(config: ReturnType<typeof readResolverConfig>): SettingsEvent {
  const { path, search, ndots, timeoutMs, attempts } = config
  const known = path !== null
  return {
    type: 'settings',
    search,
    ndots: known ? ndots : null,
    resolverTimeoutMs: known ? timeoutMs : null,
    resolverAttempts: known ? attempts : null,
    resolverPath: path,
    nameServices: hostServices(),
    ...limits(),
  }
}

/** Tells the source address toward a host; returns why there is none. */
async function source(
  to: string,
  found: readonly InterfaceEvent[],
  { family, timeoutMs }: LocalOptions,
  { deadline, signal, emit }: LocalContext,
): Promise<Failure | null> {
  const resolved = await lookup(to, { family, deadline: deadline.within(timeoutMs), signal })
  const [target] = resolved.ok ? resolved.value : []
  const { sourceAddressTo } = await import('../../net/connect/source-address.js')
  const outcome = target ? await sourceAddressTo(target) : resolved
  const sourceAddress = outcome.ok && typeof outcome.value === 'string' ? outcome.value : null
  const failed = outcome.ok ? null : outcome.failure
  emit({
    type: 'source',
    to,
    toAddress: target?.address ?? null,
    sourceAddress,
    interfaceName: sourceAddress === null ? null : interfaceOf(sourceAddress, found),
    ...failureFields(failed),
  })
  return failed
}

/** The one interface that has an address; null where several do: which of them it is, the address does not say. */
function interfaceOf(text: string, found: readonly InterfaceEvent[]): string | null {
  const parsed = parseAddress(text)
  if (!parsed) return null
  if (parsed.zone !== null) return found.find(({ name }) => name === parsed.zone)?.name ?? null
  const own = formatAddress(unmapAddress(parsed))
  const [name, another] = new Set(found.flatMap(({ name, address }) => (address === own ? [name] : [])))
  return another === undefined ? (name ?? null) : null
}
