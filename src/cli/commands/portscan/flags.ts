import { type Flags, REACH_FLAGS } from '../../args/flags/shared.js'

/** How `portscan` is told what to do; {@link portscan} reads them. */
export const PORTSCAN_FLAGS: Flags = {
  ports: { kind: 'value', alias: 'p', metavar: 'LIST', describe: 'the ports, instead of as a word' },
  'exclude-ports': { kind: 'value', metavar: 'LIST', describe: 'ports to leave out' },
  targets: { kind: 'file', metavar: 'FILE', describe: 'more targets, one or more a line; - is stdin' },
  exclude: { kind: 'value', metavar: 'LIST', describe: 'targets to leave out' },
  show: { kind: 'value', metavar: 'WHAT', describe: 'open (default), closed, filtered or all (default with --json)' },
  'expect-open': { kind: 'value', metavar: 'LIST', describe: 'exit 1 unless these are open', group: 'Health check' },
  'expect-closed': {
    kind: 'value',
    metavar: 'LIST',
    describe: 'exit 1 if one of these is open',
    group: 'Health check',
  },
  'expect-only': {
    kind: 'value',
    metavar: 'LIST',
    describe: 'exit 1 unless these and no others are open',
    group: 'Health check',
  },
  diff: {
    kind: 'file',
    metavar: 'FILE',
    describe: 'exit 1 if anything differs from this --json result',
    group: 'Health check',
  },
  banner: { kind: 'switch', describe: 'what open ports say: by themselves, after TLS, or to an empty line' },
  format: { kind: 'value', metavar: 'NAME', describe: 'table, json, csv, xml (as nmap writes it) or grep' },
  output: {
    kind: 'value',
    alias: 'o',
    metavar: 'FILE',
    describe: 'results into FILE, if all are known; else into FILE.partial',
  },
  shard: { kind: 'value', metavar: 'K/N', describe: 'only part K of N, the same on every machine', group: 'Scale' },
  merge: {
    kind: 'switch',
    describe: 'join the --json results of all shards, given as words; nothing is sent',
    group: 'Scale',
  },
  resume: {
    kind: 'value',
    metavar: 'FILE',
    describe: 'keep the state there; go on from it if it is there',
    group: 'Scale',
  },
  'skip-dead': { kind: 'switch', describe: 'give up hosts that are certainly down', group: 'Scale' },
  concurrency: {
    kind: 'value',
    metavar: 'N',
    describe: 'probes in flight at once (as descriptors allow)',
    group: 'Pace',
  },
  rate: { kind: 'value', metavar: 'N', describe: 'at most N probes a second', group: 'Pace' },
  retries: {
    kind: 'value',
    metavar: 'N',
    describe: 'tries after silence (adapts to the loss that is seen)',
    group: 'Pace',
  },
  'in-order': { kind: 'switch', describe: 'host by host, port by port, instead of mixed', group: 'Pace' },
  seed: { kind: 'value', metavar: 'N', describe: 'the order of the mix, to repeat a scan', group: 'Pace' },
  engine: {
    kind: 'value',
    metavar: 'NAME',
    describe: 'auto, net (everywhere) or syscall (Linux, koffi)',
    group: 'Pace',
  },
  progress: {
    kind: 'value',
    metavar: 'HOW',
    describe: 'auto (on a terminal), line (also in a log), json (events) or none',
    group: 'Pace',
  },
  ...REACH_FLAGS,
  timeout: {
    ...REACH_FLAGS['timeout'],
    kind: 'value',
    describe: 'longest wait for one answer (2s; adapts below that) and for one lookup (5s)',
  },
}
