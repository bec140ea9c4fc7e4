/** How a flag is written; what its value means is read from {@link Arguments}. */
export interface Flag {
  /**
   * `switch` takes no value, `value` one, `values` one each time it is given. `file` takes the name of a file, `-` for
   * stdin; `data` takes a text, `@FILE` or `-`: what they hold is read before the command runs. `lines` names a file that
   * is read line by line while it runs.
   */
  readonly kind: 'switch' | 'value' | 'values' | 'file' | 'data' | 'lines'
  readonly describe: string
  readonly alias?: string
  /** What stands for the value in the help: D, ADDR, LIST. */
  readonly metavar?: string
  /** Heading in the help; the command's own where left out. */
  readonly group?: string
}

export type Flags = Readonly<Record<string, Flag>>

/** Heading of the flags that mean the same for every command. */
export const SHARED = 'Everywhere'
/** Of those that reach out. */
export const REACHING = 'Toward a peer'
const TLS = 'TLS'

/** Every command has these. */
export const OUTPUT_FLAGS: Flags = {
  'max-time': { kind: 'value', metavar: 'D', describe: 'bound on the whole run (none)', group: SHARED },
  json: { kind: 'switch', describe: 'JSON Lines on stdout', group: SHARED },
  quiet: { kind: 'switch', alias: 'q', describe: 'less on stderr', group: SHARED },
  verbose: { kind: 'switch', alias: 'v', describe: 'more on stderr', group: SHARED },
  color: { kind: 'value', metavar: 'WHEN', describe: 'auto, always or never', group: SHARED },
  help: { kind: 'switch', alias: 'h', describe: 'this help', group: SHARED },
  version: { kind: 'switch', describe: 'the version of netkit', group: SHARED },
}

/** Commands that reach out to a peer. */
export const REACH_FLAGS: Flags = {
  timeout: {
    kind: 'value',
    alias: 'w',
    metavar: 'D',
    describe: 'how long reaching the peer may take: lookup, connect, TLS (5s)',
    group: REACHING,
  },
  '4': { kind: 'switch', describe: 'IPv4 only', group: REACHING },
  '6': { kind: 'switch', describe: 'IPv6 only', group: REACHING },
  source: { kind: 'value', metavar: 'ADDR', describe: 'local address to use', group: REACHING },
  'source-port': { kind: 'value', metavar: 'N', describe: 'local port to use', group: REACHING },
}

/** Commands that hold a conversation. */
export const CONVERSATION_FLAGS: Flags = {
  'idle-timeout': {
    kind: 'value',
    metavar: 'D',
    describe: 'how long an established conversation may stay silent',
    group: REACHING,
  },
}

/** Flags that mean the same wherever they are known: they may stand before the command too. */
export const SHARED_FLAGS: Flags = { ...REACH_FLAGS, ...CONVERSATION_FLAGS, ...OUTPUT_FLAGS }

/** Commands that may speak TLS; which flag turns it on is theirs to say. */
export const TLS_FLAGS: Flags = {
  servername: {
    kind: 'value',
    metavar: 'NAME',
    describe: 'name to ask for (SNI) and to verify (the host)',
    group: TLS,
  },
  ca: { kind: 'file', metavar: 'FILE', describe: 'PEM to trust instead of the usual authorities', group: TLS },
  cert: {
    kind: 'file',
    metavar: 'FILE',
    describe: "PEM of the client's certificate, with or without its key",
    group: TLS,
  },
  key: { kind: 'file', metavar: 'FILE', describe: "PEM of the client's key", group: TLS },
  alpn: { kind: 'value', metavar: 'LIST', describe: 'protocols to offer, comma separated: h2,http/1.1', group: TLS },
  insecure: { kind: 'switch', describe: 'go on where verification fails, and say why it did', group: TLS },
}
