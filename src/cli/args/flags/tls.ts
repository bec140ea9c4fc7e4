import { checkHost } from '../../../core/address/host-name.js'
import { UsageError } from '../../../core/usage-error.js'
import type { TlsOptions } from '../../../net/tls/client.js'
import type { Arguments } from '../arguments.js'
import type { Flags, Values } from '../flag.js'

const TLS = 'TLS'

/** Commands that may speak TLS; which flag turns it on is theirs to say. */
export const TLS_FLAGS = {
  servername: {
    kind: 'text',
    parse: readServername,
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
  alpn: {
    kind: 'text',
    parse: readAlpn,
    metavar: 'LIST',
    describe: 'protocols to offer, comma separated: h2,http/1.1',
    group: TLS,
  },
  insecure: { kind: 'switch', describe: 'go on where verification fails, and say why it did', group: TLS },
} as const satisfies Flags

type TlsFlag = keyof typeof TLS_FLAGS

export const TLS_FLAG_NAMES = Object.keys(TLS_FLAGS) as readonly TlsFlag[]

/** What {@link TLS_FLAGS} say. Throws UsageError. */
export function tlsOptions(args: Arguments<Values<typeof TLS_FLAGS>>) {
  const cert = args.value('cert') ?? undefined
  const key = args.value('key') ?? (cert?.includes('PRIVATE KEY-----') ? cert : undefined)
  if (key?.includes('ENCRYPTED')) {
    throw new UsageError('--key: that key has a passphrase; take it off first, as openssl pkey does', '--key')
  }
  if (cert === undefined && key !== undefined) throw new UsageError('--key goes with --cert', '--key')
  if (cert !== undefined && key === undefined) {
    throw new UsageError('--cert needs --key: that file holds no private key', '--cert')
  }
  return { ...trustOptions(args), cert, key, alpn: args.value('alpn') ?? undefined }
}

/** Whom to believe to be the server. */
export function trustOptions(
  args: Arguments<Values<Pick<typeof TLS_FLAGS, 'servername' | 'ca' | 'insecure'>>>,
): Pick<TlsOptions, 'servername' | 'ca' | 'insecure'> {
  const ca = args.value('ca') ?? undefined
  if (ca?.includes('CERTIFICATE-----') === false) {
    // OpenSSL would pass over it and then trust nobody.
    throw new UsageError('--ca: that file holds no certificate in PEM', '--ca')
  }
  return { servername: args.value('servername') ?? undefined, ca, insecure: args.value('insecure') }
}

/** It goes into the handshake as it is: nothing but a name or an address gets there. */
export function readServername(text: string, argument: string): string {
  const host = checkHost(text, argument)
  return host.kind === 'name' ? host.name : host.address
}

/** RFC 7301 3.1: each name is 1 to 255 bytes. */
function readAlpn(text: string, argument: string): readonly string[] {
  const names = text.split(',')
  if (names.every((name) => name !== '' && Buffer.byteLength(name) <= 255)) return names
  throw UsageError.of(argument, text, 'a list of protocol names, such as h2,http/1.1')
}
