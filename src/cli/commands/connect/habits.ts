import { UsageError } from '../../../core/usage-error.js'
import type { ConnectArguments } from './flags.js'

/** Flags of nc, ncat and telnet that are said otherwise here, or not at all, and what to say instead. */
export const HABITS: Readonly<Record<string, string>> = {
  d: 'stdin can be had from /dev/null: </dev/null',
  e: 'a command is served by netkit listen --exec; a conversation is --send and --expect',
  k: 'it is for listening: netkit listen goes on until ^C',
  l: 'to listen, there is netkit listen PORT',
  n: 'it is not needed: an address is never looked up',
  N: 'it is not needed: the end of the input is always told to the peer',
  p: 'the local port is --source-port PORT',
  s: 'the local address is --source ADDRESS',
  U: 'a Unix socket is an endpoint: unix:PATH',
  X: 'the kind of proxy stands in its URL: --proxy socks5://host:port or http://host:port',
  listen: 'to listen, there is netkit listen PORT',
  'keep-open': 'it is for listening: netkit listen goes on until ^C',
  nodns: 'it is not needed: an address is never looked up',
  'proxy-auth': 'it is --proxy scheme://user@host:port with --proxy-password-env NAME',
  'proxy-type': 'the kind of proxy stands in its URL: --proxy socks5://host:port or http://host:port',
  'recv-only': 'stdin can be had from /dev/null: </dev/null',
  'send-only': 'what comes can go to --output /dev/null',
  ssl: 'it is --tls, which verifies',
  'ssl-verify': '--tls verifies by itself',
}

/** Letters that take a value in nc and none here, so that the value looks like a first endpoint. */
const SWITCHES: readonly (readonly ['quiet' | 'hex', RegExp, string])[] = [
  ['quiet', /^-?\d+$/, '-q is --quiet and takes no value; how long to wait for a silent peer is --idle-timeout D'],
  ['hex', /:\d+$/, '-x is --hex and takes no value; a proxy is --proxy socks5://host:port or http://host:port'],
]

/** Throws UsageError for words that mean something to nc and something else here. */
export function refuseHabits(args: ConnectArguments, words: readonly string[]): void {
  const [first = ''] = words
  if (words.length !== 3) return
  const found = SWITCHES.find(([flag, value]) => args.has(flag) && value.test(first))
  if (found) throw new UsageError(found[2], `--${found[0]}`)
}
