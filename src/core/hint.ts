/**
 * What can be done about a failure, for programs to read beside the words of its hint: who gives netkit a command line,
 * a form or a configuration says there which option does it. `more-time` is for one step, `longer-run` for all of them,
 * `more-silence` between two bytes.
 */
export const ADVICE = [
  'all-records',
  'alpn',
  'any-engine',
  'asked-family',
  'ask-dns',
  'ask-traced',
  'authenticate',
  'both-families',
  'client-certificate',
  'client-name',
  'compare',
  'each-failure',
  'encode-attachment',
  'encode-body',
  'encrypt-login',
  'help',
  'json',
  'larger-body',
  'list-codes',
  'local',
  'login-after-tls',
  'longer-run',
  'mail-name-server',
  'mechanism',
  'merge',
  'more-silence',
  'more-time',
  'name-server',
  'no-check',
  'one-family',
  'over-tcp',
  'own-port',
  'payload-size',
  'plain-question',
  'probe',
  'proxy-login',
  'raw-body',
  'raw-bytes',
  'record',
  'record-type',
  'redirect',
  'referrals',
  'remove-socket',
  'resolver',
  'same-findings',
  'save-scan',
  'send',
  'sender',
  'server-name',
  'show-all',
  'show-open',
  'starttls',
  'tls',
  'tls-or-plain',
  'trust',
  'verbose',
  'verification',
  'whole-message',
  'zone-serial',
  'zone-servers',
] as const

/** What can be done, in one word for programs. */
export type Advice = (typeof ADVICE)[number]

/** What to look at next, in words and for programs: the two are given together, so that neither outlives the other. */
export interface Hinted {
  /** One sentence without a full stop, which says what and not by which option; or null. */
  readonly hint: string | null
  /** Null where nothing that netkit can be told does it. */
  readonly advice: Advice | null
}

/** To be spread into a failure: `{ ...base, ...hint('allow more silence', 'more-silence') }`. */
export function hint(text: string, advice: Advice | null = null): Hinted & { readonly hint: string } {
  return { hint: text, advice }
}

/** For a failure whose message says it all. */
export const NO_HINT: Hinted = { hint: null, advice: null }

/** That of another failure. */
export function hintOf({ hint, advice }: Hinted): Hinted {
  return { hint, advice }
}

export const ANY_ENGINE = hint('take the engine that serves everywhere', 'any-engine')

/** Where the bound on the whole run ended it, and no peer was slow. */
export const RUN_OVER = hint('allow the whole run more time', 'longer-run')

/** Over UDP, where nobody shows that they are there before they answer. */
export const SILENT_DATAGRAMS = hint(
  'nothing came back: look for a firewall that drops silently, or allow more time',
  'more-time',
)
