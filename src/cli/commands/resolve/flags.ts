import { UsageError } from '../../../core/usage-error.js'
import { classNumber } from '../../../protocol/dns/index.js'
import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { QUESTION_FLAGS, SERVER_FLAGS } from '../../args/flags/dns.js'
import { NETWORK_FLAGS } from '../../args/flags/network.js'
import type { Positional } from '../../command.js'

const MODE = 'mode'
const NO_ANSWERS = 'there are no answers to expect'

export const RESOLVE_WORDS = [
  { name: 'name', describe: 'names; addresses with -t PTR', required: false, variadic: true },
] as const satisfies readonly Positional[]

export const RESOLVE_FLAGS = {
  type: { kind: 'text', alias: 't', metavar: 'TYPE,...', describe: 'ask the DNS: A, MX, TXT, TYPE65280 ..., ANY' },
  names: { kind: 'lines', metavar: 'FILE|-', describe: 'names from a file or stdin, one a line' },
  short: { kind: 'switch', option: true, describe: 'values only, one a line' },
  service: { kind: 'text', metavar: 'NAME', describe: "getaddrinfo's tuples for a service: http, 443" },
  canonical: { kind: 'switch', describe: 'the canonical name too' },
  sections: { kind: 'switch', option: true, describe: 'authority and additional records too' },
  class: {
    kind: 'text',
    parse: readClass,
    default: 'IN',
    option: true,
    metavar: 'CLASS',
    describe: 'IN, CH, HS, ANY or CLASSnnn',
  },
  search: { kind: 'switch', describe: 'try the search domains of this system, as getaddrinfo does' },
  compare: {
    kind: 'switch',
    oneOf: MODE,
    describe: 'ask getaddrinfo and all servers at once: who differs, in what',
  },
  trace: { kind: 'switch', oneOf: MODE, describe: 'from the root downwards, each referral with its time' },
  root: { kind: 'texts', goesWith: ['trace'], metavar: 'ADDR[:port]', describe: 'with --trace: start there' },
  'check-hijack': { kind: 'switch', oneOf: MODE, describe: 'who answers for names that cannot exist' },
  expect: {
    kind: 'texts',
    option: true,
    metavar: 'VALUE',
    describe: 'exit 1 unless this is among the answers',
    excludes: { 'expect-none': '', 'check-hijack': NO_ANSWERS },
  },
  'expect-none': {
    kind: 'switch',
    option: true,
    describe: 'exit 1 if there is an answer',
    excludes: { 'check-hijack': NO_ANSWERS },
  },
  concurrency: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    default: '100',
    option: true,
    metavar: 'N',
    describe: 'names asked for at once',
  },
  ...SERVER_FLAGS,
  ...QUESTION_FLAGS,
  ...NETWORK_FLAGS,
} as const satisfies Flags

export type ResolveArguments = ArgumentsOf<typeof RESOLVE_FLAGS, typeof RESOLVE_WORDS>

function readClass(text: string, argument: string): number {
  const number = classNumber(text)
  if (number === null) throw UsageError.of(argument, text, 'a class: IN, CH, HS, ANY or CLASSnnn')
  return number
}
