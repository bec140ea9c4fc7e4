import type { PortscanOptions } from './types.js'

/** A scan of which only targets and ports are said: what the command line does without flags, with every verdict shown. */
export const PORTSCAN_DEFAULTS: Omit<PortscanOptions, 'targets' | 'ports'> = {
  family: undefined,
  sourceAddress: undefined,
  sourcePort: undefined,
  timeoutMs: 2000,
  lookupTimeoutMs: 5000,
  concurrency: null,
  rate: null,
  retries: null,
  seed: null,
  inOrder: false,
  shard: null,
  resume: null,
  skipDead: false,
  banner: false,
  before: null,
  show: 'all',
  engine: 'auto',
  expect: { open: null, closed: null, only: null },
}
