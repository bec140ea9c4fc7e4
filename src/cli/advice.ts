import type { Failure } from '../core/failure.js'
import type { Advice, Hinted } from '../core/hint.js'
import type { UsageError } from '../core/usage-error.js'

/** How each thing that can be done is said on the command line: the end of the sentence that says what it is. */
export const WORDS: Readonly<Record<Advice, string>> = {
  'all-records': ' (--sections, or --json)',
  alpn: ': leave --alpn out',
  'any-engine': ': --engine net',
  'asked-family': ', as -4, -6 or --source asks',
  'ask-dns': ' (netkit resolve NAME -t A,AAAA)',
  'ask-traced': '; netkit resolve --trace does so',
  authenticate: ': see --auth',
  'both-families': ', without -4 or -6',
  'client-certificate': ' (--cert and --key)',
  'client-name': ': see --helo',
  compare: '; --compare shows who says what',
  'each-failure': ', and with --json on its own line',
  'encode-attachment': ', with --attach FILE;type=application/octet-stream',
  'encode-body': ', with --body or --attach instead of --data',
  'encrypt-login':
    ', with --starttls always or --tls; --auth-insecure sends the secret for everybody on the way to read',
  help: '; netkit COMMAND --help shows all',
  json: ', as --json writes them',
  'larger-body': ' with --max-body',
  'list-codes':
    '; netkit errno --list shows all, --search WORD looks through names and meanings, --system asks for another one',
  local: '; netkit local lists them',
  'login-after-tls': ': see --auth, and --starttls always',
  'longer-run': ' with --max-time',
  'mail-name-server': ' with --dns-server',
  mechanism: ': see --auth-mechanism',
  merge: ' with --merge',
  'more-silence': ' with --idle-timeout',
  'more-time': ' with --timeout',
  'name-server': ' with --server',
  'no-check': '; netkit resolve --no-check shows the answer all the same',
  'one-family': ' with -4 or -6',
  'over-tcp': ' (--tcp)',
  'own-port': ': leave --reuse-port out',
  'payload-size': ' (--bufsize)',
  'plain-question': ' (--no-edns, --tcp)',
  probe: ' with netkit connect --probe',
  'proxy-login': ': the user in --proxy, as user@host, a variable with the password in --proxy-password-env',
  'raw-body': ', without --decompress, or with --bytes --output FILE',
  'raw-bytes': ': netkit raw-http --bytes or --hex shows it',
  record: ': --json, --hex or --record keeps all of it',
  'record-type': ' (-t A, AAAA, MX, TXT)',
  redirect: '; netkit raw-http shows it',
  referrals: ' with --trace; --sections shows who is named',
  'remove-socket': ' with --force',
  resolver: ' with netkit resolve --server',
  'same-findings': ' (--show, --json or --format, --expect-..., --diff, --banner)',
  'save-scan': ' with -o',
  send: ', piped in or with --send',
  sender: ': see --from and --auth',
  'server-name': ', and check --servername',
  'show-all': ' with --show all',
  'show-open': ' with --show open or --show all',
  starttls: ': see --starttls always, or --tls',
  tls: ' (--tls)',
  'tls-or-plain': ': --tls, or --starttls auto',
  trust: ' with --ca',
  verbose: ' with --verbose',
  verification: ': --servername, --ca, or --insecure',
  'whole-message': ' with --data',
  'zone-serial': ' with -t SOA',
  'zone-servers': ' with -t NS',
}

/** A failure or an event whose hint names the flag. One that was read back from JSON Lines may name it already. */
export function advised<T extends object>(told: T): T {
  const { hint = null, advice = null }: Partial<Hinted> = told
  if (hint === null || advice === null || !Object.hasOwn(WORDS, advice) || hint.endsWith(WORDS[advice])) return told
  return { ...told, hint: hint + WORDS[advice] }
}

/** Options that have another name on the command line, for what is found wrong where there are no flags. */
const NAMES: Readonly<Record<string, string>> = {
  before: '--diff',
  command: '--exec',
  endpoints: '<endpoint>',
  exclude: '--exclude',
  'expect.closed': '--expect-closed',
  'expect.only': '--expect-only',
  'expect.open': '--expect-open',
  files: '--merge',
  output: '--output',
  outputFile: '--output',
  recordFile: '--record',
  request: '--request',
  resume: '--resume',
  'serve.directory': '--serve',
  'smtp.directory': '--save',
  targets: '<target>',
}

/** A message that begins with an option, with that as it is named on the command line. */
function named(message: string, argument: string | null): string {
  if (argument === null || !Object.hasOwn(NAMES, argument) || !message.startsWith(argument)) return message
  return NAMES[argument] + message.slice(argument.length)
}

/** A failure in the words of the command line: its message names the flag that is at fault, its hint the one that helps. */
export function failureInWords(failed: Failure): Failure {
  return advised({ ...failed, message: named(failed.message, failed.argument) })
}

/** What was misused, in one line. */
export function usageText({ message, argument, advice }: UsageError): string {
  return named(message, argument) + (advice === null ? '' : WORDS[advice])
}
