import { abortFailure, deadlineFailure, type Failure, failure, fromFileError } from '../../core/failure.js'
import { FailureTally } from '../../core/failure-tally.js'
import { NO_HINT, RUN_OVER } from '../../core/hint.js'
import type { Operation } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { UsageError } from '../../core/usage-error.js'
import { readResolverConfig } from '../../net/system/resolver-config.js'
import { DnsClient } from '../dns/client.js'
import { askOptions, systemServers, systemTimeMs } from '../dns/names.js'
import { tellingSilence } from '../dns/server-order.js'
import type { AskOptions } from '../dns/types.js'
import { inOrderOf, type Place } from '../shared/in-order.js'
import { compare } from './compare.js'
import { judge, withReason } from './expect.js'
import type { NameResult, ResolveContext } from './name-result.js'
import { type Querier, query, searchQuery } from './query.js'
import { SystemResolver } from './system.js'
import { trace } from './trace/index.js'
import type { ResolveEvent, ResolveMode, ResolveOptions, ResolveSummary } from './types.js'

export { parseServer } from '../dns/server.js'
export type { AskOptions } from '../dns/types.js'
export { rootServers } from './trace/index.js'
export type * from './types.js'

/**
 * What names stand for: through getaddrinfo, or by the DNS itself. Each name's events come together, in the order of
 * the names. Fails with why a name did not resolve; with PARTIAL where others did.
 */
export const resolve: Operation<ResolveOptions, ResolveEvent, ResolveSummary> = async (options, context) => {
  const elapsed = stopwatch()
  const run = new ResolveRun(options, context)
  const failed = await run.toEnd()
  const elapsedMs = elapsed()
  const summary = { names: run.names, resolved: run.names - run.tally.count }
  return failed ? fail(failed, elapsedMs, summary) : ok(summary, elapsedMs)
}

class ResolveRun {
  readonly tally = new FailureTally()
  names = 0
  readonly #options: ResolveOptions
  readonly #context: ResolveContext
  readonly #querier: Querier
  readonly #config = readResolverConfig()
  readonly #system: SystemResolver | null

  constructor(options: ResolveOptions, context: ResolveContext) {
    this.#options = options
    this.#context = context
    const { mode } = options
    const config = this.#config
    const given = askOptions(options.ask, config)
    const much = asksMuch(options)
    const ask = { ...given, repeats: given.repeats === true && much }
    const servers = 'servers' in mode ? (mode.servers ?? systemServers(config)) : []
    const tellsServers = context.wants?.('server') ?? true
    const bulk = {
      most: options.concurrency,
      answersOnly: !tellsServers && !options.sections && mode.kind === 'dns',
      ...(much && servers.length > 1 && { fellSilent: tellingSilence(context) }),
    }
    const client = new DnsClient(clientOptions(mode, ask), context.signal, bulk)
    const search = mode.kind === 'dns' && mode.search ? config : null
    const { tries } = ask
    const systemMs = systemTimeMs(ask, config)
    const askers = new Map(
      options.types.map((type) => [type, client.plainAsker(servers, type, options.class, context.deadline)]),
    )
    this.#querier = { client, servers, options, systemMs, tries, context, search, tellsServers, askers }
    this.#system = mode.kind === 'system' ? new SystemResolver({ mode, ask, systemMs, config, context, client }) : null
  }

  /** Resolves to why the run as a whole failed, or null. */
  async toEnd(): Promise<Failure | null> {
    const { names, concurrency, mode } = this.#options
    const { signal, deadline, drained } = this.#context
    let unreadable: Failure | null = null
    let complete = true
    try {
      if (mode.kind === 'hijack') {
        const { checkHijack } = await import('./hijack.js')
        const domains: string[] = []
        for await (const some of names) domains.push(...[some].flat())
        for (const result of await checkHijack(domains, this.#querier, mode.system, this.#config.search))
          this.#tell(withReason(result))
      } else {
        const { window } = this.#querier.client
        const limits = { limit: concurrency, room: () => window.size, signal, deadline, drained }
        const work = (name: string, place: Place<NameResult>) => this.#one(name, place)
        complete = await inOrderOf(names, limits, work, (result) => this.#tell(result))
      }
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
      unreadable = fromFileError(error, 'cannot read the names')
    } finally {
      this.#querier.client.close()
    }
    if (unreadable) return unreadable
    if (signal.aborted) return abortFailure('lookup')
    if (!complete) return deadlineFailure('lookup', 'the time for the whole run is over', RUN_OVER)
    return this.names === 0 ? noNames() : this.tally.combine(this.names, mode.kind === 'hijack' ? 'resolvers' : 'names')
  }

  #one(name: string, place: Place<NameResult>): void {
    if (this.#options.mode.kind !== 'dns' || this.#querier.search) {
      const judged = (result: NameResult) => judge(result, this.#options)
      const asked = Promise.resolve(name).then((name) => this.#ask(name))
      const known = asked.then(judged).catch((error: unknown) => misnamed(name, error))
      known.then(
        (result) => place.done(result),
        (bug: unknown) => place.failed(bug),
      )
      return
    }
    try {
      query(name, this.#querier, (result) => place.done(judge(result, this.#options)))
    } catch (error) {
      place.done(misnamed(name, error))
    }
  }

  #ask(name: string): Promise<NameResult> {
    const { mode } = this.#options
    const querier = this.#querier
    if (this.#system) return this.#system.resolve(name)
    if (mode.kind === 'compare') return compare(name, querier)
    if (mode.kind === 'trace') return trace(name, mode.roots, querier, this.#live())
    if (querier.search) return searchQuery(name, querier, querier.search)
    throw new Error(`a name is not resolved by ${mode.kind}`)
  }

  /** One name alone need not wait for its turn to be told of. */
  #live() {
    const { names } = this.#options
    return Array.isArray(names) && names.length === 1 ? this.#context.emit : undefined
  }

  #tell({ events, failure: failed }: NameResult): void {
    this.names++
    for (const event of events) this.#context.emit(event)
    if (failed) this.tally.add(failed)
  }
}

function clientOptions({ kind }: ResolveMode, ask: AskOptions): AskOptions {
  // A trace goes on to the next server first, and comes back to those that were silent.
  if (kind === 'trace') return { ...ask, tries: 1 }
  // Which addresses getaddrinfo is asked for says nothing of how its servers are reached.
  return kind === 'system' ? { ...ask, family: undefined } : ask
}

/** One question that is lost would hold up many others. */
function asksMuch({ names, concurrency }: ResolveOptions): boolean {
  return !Array.isArray(names) || names.length > concurrency
}

/** A name that cannot be asked for fails alone; anything else that is thrown is a bug. */
function misnamed(name: string, error: unknown): NameResult {
  if (!(error instanceof UsageError)) throw error
  const { message } = error
  const failed = failure({ phase: 'options', origin: 'usage', code: 'EBADNAME', message })
  return withReason({ name, events: [], failure: failed, values: [], status: 'failed' }, 'invalid')
}

function noNames(): Failure {
  return failure({
    phase: 'options',
    origin: 'usage',
    code: 'EUSAGE',
    message: 'there are no names to resolve',
    ...NO_HINT,
  })
}
