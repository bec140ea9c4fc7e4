import { parseTargets } from '../core/address/target-syntax.js'
import { TargetList } from '../core/address/targets.js'
import type { Run } from '../core/iterate.js'
import { PortList } from '../core/ports/port-list.js'
import { parsePorts } from '../core/ports/ports.js'
import { UsageError } from '../core/usage-error.js'
import {
  type EarlierScan,
  type EngineChoice,
  mergeShards as mergeOperation,
  PORTSCAN_DEFAULTS,
  type PortState,
  type PortscanEvent,
  type PortscanSummary,
  readEarlier,
  type Shard,
  portscan as scanOperation,
} from '../operations/portscan/index.js'
import { begin, type OptionsReader, type RunOptions, shown } from './options.js'
import { type ReachOptions, readReach } from './reach.js'

/** Names, addresses, blocks (`10.0.0.0/24`) and ranges (`10.0.0.1-20`), between commas; or what `parseTargets` made of them. */
export type Targets = string | readonly string[] | TargetList

/** `22,80,8000-8100`, `-1024`, service names, `common`, `-` for all; numbers; or what `parsePorts` made of them. */
export type Ports = string | number | readonly number[] | PortList

/** What a scan must find to succeed. */
export interface PortExpectations {
  /** Open on every target. */
  readonly open?: Ports | undefined
  /** Not open on any target: closed or filtered. */
  readonly closed?: Ports | undefined
  /** Open on every target, and nothing else of what is scanned. */
  readonly only?: Ports | undefined
}

/** What {@link portscan} takes; only the targets must be given. */
export interface PortscanOptions extends RunOptions, ReachOptions {
  readonly targets: Targets
  /** Default `common`. */
  readonly ports?: Ports | undefined
  /** Longest wait for the answer of one port, in milliseconds. Default 2000. */
  readonly timeoutMs?: number | undefined
  /** Longest wait for the addresses of one name, in milliseconds. Default 5000. */
  readonly lookupTimeoutMs?: number | undefined
  /** Probes in flight at once; as many as this machine's descriptors allow where it is left out. */
  readonly concurrency?: number | undefined
  /** Probes a second; no bound where it is left out. */
  readonly rate?: number | undefined
  /** Retries for silence; adapted to the loss that is seen where it is left out. */
  readonly retries?: number | undefined
  /** Order of the walk: the same seed gives the same order. */
  readonly seed?: number | undefined
  readonly inOrder?: boolean | undefined
  /** Part `index` of `count`, from 1. */
  readonly shard?: Shard | undefined
  /** Path of the state file: read where it is there, kept while the scan runs, gone at its end. */
  readonly resume?: string | undefined
  /** Gives up hosts that are certainly down. */
  readonly skipDead?: boolean | undefined
  /** Asks open ports what they say. */
  readonly banner?: boolean | undefined
  /** An earlier scan to compare with: its JSON Lines, or what `readEarlier` made of them. */
  readonly before?: string | EarlierScan | undefined
  /** Which verdicts become events; all of them count. Default `all`. */
  readonly show?: PortState | 'all' | undefined
  /** Default `auto`. */
  readonly engine?: EngineChoice | undefined
  readonly expect?: PortExpectations | undefined
}

const SHOW = ['open', 'closed', 'filtered', 'all'] as const
const ENGINES = ['auto', 'net', 'syscall'] as const

/**
 * A TCP connect scan: every port of every target is open, closed or filtered, with its reason. Fails where a target does not
 * resolve, an expectation is not met (EXPECTATION), anything differs from an earlier scan (CHANGED), or this machine cannot
 * go on; the summary stands in every outcome that came so far.
 *
 *     for await (const event of portscan({ targets: 'localhost', ports: '1-1024' })) {
 *       if (event.type === 'port' && event.state === 'open') console.log(event.port, event.service)
 *     }
 */
export function portscan(options: PortscanOptions): Run<PortscanEvent, PortscanSummary> {
  return begin('portscan', scanOperation, options, (reader) => ({
    ...PORTSCAN_DEFAULTS,
    ...readReach(reader, PORTSCAN_DEFAULTS.timeoutMs),
    targets: readTargets(reader.value('targets')),
    ports: readPorts(reader.value('ports') ?? 'common', 'ports'),
    lookupTimeoutMs: reader.positive('lookupTimeoutMs') ?? PORTSCAN_DEFAULTS.lookupTimeoutMs,
    concurrency: reader.integer('concurrency', { min: 1 }) ?? null,
    rate: reader.positive('rate') ?? null,
    retries: reader.integer('retries') ?? null,
    seed: reader.integer('seed', { max: 2 ** 32 - 1 }) ?? null,
    inOrder: reader.boolean('inOrder'),
    shard: reader.nested('shard', readShard) ?? null,
    resume: reader.text('resume') ?? null,
    skipDead: reader.boolean('skipDead'),
    banner: reader.boolean('banner'),
    ...readChecks(reader),
    show: reader.choice('show', SHOW) ?? 'all',
    engine: reader.choice('engine', ENGINES) ?? 'auto',
  }))
}

/** What {@link mergeShards} takes. */
export interface MergeShardsOptions extends RunOptions {
  /** Paths of the JSON Lines of all shards. */
  readonly files: readonly string[]
  /** Which verdicts become events; those that the shards have where it is left out. */
  readonly show?: PortState | 'all' | undefined
  readonly expect?: PortExpectations | undefined
  /** An earlier scan to compare with: its JSON Lines, or what `readEarlier` made of them. */
  readonly before?: string | EarlierScan | undefined
}

/**
 * Joins the JSON Lines of all shards of one scan to those of the whole.
 *
 *     const { value } = await mergeShards({ files: ['part-1.jsonl', 'part-2.jsonl'] })
 */
export function mergeShards(options: MergeShardsOptions): Run<PortscanEvent, PortscanSummary> {
  return begin('mergeShards', mergeOperation, options, (reader) => {
    const files = reader.texts('files')
    if (files.length === 0) throw new UsageError('files: the JSON Lines of all shards are wanted', 'files')
    return { files, show: reader.choice('show', SHOW) ?? null, ...readChecks(reader) }
  })
}

function readChecks(options: OptionsReader<Pick<PortscanOptions, 'expect' | 'before'>>) {
  const before = readBefore(options.value('before'))
  const expect = options.nested('expect', (reader: OptionsReader<PortExpectations>) => {
    const list = (name: keyof PortExpectations) => {
      const ports = reader.value(name)
      return ports === undefined ? null : readPorts(ports, name)
    }
    return { open: list('open'), closed: list('closed'), only: list('only') }
  })
  return {
    expect: expect ?? PORTSCAN_DEFAULTS.expect,
    before,
  }
}

function readBefore(before: string | EarlierScan | undefined): EarlierScan | null {
  if (before === undefined) return null
  if (typeof before === 'string') return readEarlier(before, 'before')
  if (before?.found instanceof Map) return before
  throw UsageError.of('before', shown(before), 'the JSON Lines of a scan')
}

function readShard(options: OptionsReader<Shard>): Shard {
  const [index = 0, count = 0] = [options.integer('index', { min: 1 }), options.integer('count', { min: 1 })]
  if (index < 1 || index > count) throw UsageError.of('index', String(index), 'a part, from 1 to count')
  return { index, count }
}

function readTargets(targets: Targets | undefined): TargetList {
  if (targets instanceof TargetList) return targets
  const texts = Array.isArray(targets) ? targets : [targets]
  const wrong = texts.find((text) => typeof text !== 'string')
  if (wrong !== undefined || texts.includes(undefined))
    throw UsageError.of('targets', shown(wrong), 'names, addresses, blocks or ranges')
  return parseTargets(texts, 'targets')
}

function readPorts(ports: Ports, argument: string): PortList {
  if (ports instanceof PortList) return ports
  if (typeof ports === 'string') return parsePorts(ports, argument)
  const numbers: readonly unknown[] = Array.isArray(ports) ? ports : [ports]
  const wrong = numbers.findIndex((each) => !Number.isInteger(each) || Number(each) < 1 || Number(each) > 65535)
  if (numbers.length === 0) throw new UsageError(`${argument}: an empty list names no ports`, argument)
  if (wrong !== -1) throw UsageError.of(argument, shown(numbers[wrong]), 'ports, 1 to 65535')
  return PortList.of(numbers as readonly number[])
}
