import { SMTP_REJECT_STAGES } from '../../../operations/listen/index.js'
import type { Flags } from '../../args/flag.js'

const MAIL = 'With --smtp'

/** Of the mail server that `--smtp` makes of it. */
export const SMTP_FLAGS = {
  lmtp: { kind: 'switch', goesWith: ['smtp'], describe: 'LMTP: one reply for each recipient', group: MAIL },
  starttls: {
    kind: 'switch',
    goesWith: ['smtp'],
    describe: 'offer STARTTLS, with --cert and --key or a certificate of our own',
    group: MAIL,
  },
  auth: {
    kind: 'text',
    goesWith: ['smtp'],
    metavar: 'USER',
    describe: 'take mail only from whoever logs in so',
    group: MAIL,
  },
  'password-env': {
    kind: 'text',
    goesWith: ['auth'],
    metavar: 'VAR',
    describe: 'with --auth: environment variable with the password',
    group: MAIL,
  },
  'password-file': {
    kind: 'file',
    goesWith: ['auth'],
    metavar: 'FILE',
    describe: 'with --auth: file whose first line it is',
    group: MAIL,
  },
  save: {
    kind: 'text',
    goesWith: ['smtp'],
    metavar: 'DIR',
    describe: 'keep each message there as it came, as .eml; made if missing',
    group: MAIL,
  },
  reject: {
    kind: 'texts',
    goesWith: ['smtp'],
    metavar: 'STAGE=CODE',
    describe: `say no at ${SMTP_REJECT_STAGES.join(', ')}; rcpt:ADDRESS=550 to one address alone, * for any characters`,
    group: MAIL,
  },
  'max-size': {
    kind: 'size',
    default: '100M',
    goesWith: ['smtp'],
    metavar: 'SIZE',
    describe: 'refuse greater messages with 552',
    group: MAIL,
  },
} as const satisfies Flags
