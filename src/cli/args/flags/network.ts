import { isAddress } from '../../../core/address/address.js'
import { checkHost } from '../../../core/address/host-name.js'
import { UsageError } from '../../../core/usage-error.js'
import type { TlsOptions } from '../../../net/tls/client.js'
import type { Arguments } from '../arguments.js'

const DEFAULT_TIMEOUT_MS = 5000

/** What {@link REACH_FLAGS} say. Throws UsageError. */
export function reachOptions(args: Arguments, defaultTimeoutMs = DEFAULT_TIMEOUT_MS) {
  return {
    family: args.family(),
    sourceAddress: args.source(),
    sourcePort: args.port('source-port', null) ?? undefined,
    timeoutMs: positiveMs(args, 'timeout', defaultTimeoutMs),
  }
}

/**
 * A literal address of the other family can never be reached: that is misuse, not a network's answer. Throws UsageError.
 */
export function checkFamily(
  host: string | null,
  argument: string,
  { family, sourceAddress }: Pick<ReturnType<typeof reachOptions>, 'family' | 'sourceAddress'>,
): void {
  const wanted = sourceAddress?.family ?? family
  const own = isAddress(host ?? '')
  if (wanted === undefined || own === 0 || own === wanted) return
  const why = sourceAddress ? `--source ${sourceAddress.address} asks` : `-${wanted} asks`
  throw UsageError.of(argument, host ?? '', `an IPv${wanted} address, as ${why}`)
}

/** What {@link TLS_FLAGS} say. Throws UsageError. */
export function tlsOptions(args: Arguments) {
  const cert = args.file('cert') ?? undefined
  const key = args.file('key') ?? (cert?.includes('PRIVATE KEY-----') ? cert : undefined)
  if (key?.includes('ENCRYPTED')) {
    throw new UsageError('--key: that key has a passphrase; take it off first, as openssl pkey does', '--key')
  }
  if (cert === undefined && key !== undefined) throw new UsageError('--key goes with --cert', '--key')
  if (cert !== undefined && key === undefined) {
    throw new UsageError('--cert needs --key: that file holds no private key', '--cert')
  }
  return { ...trustOptions(args), cert, key, alpn: readAlpn(args) }
}

/** Whom to believe to be the server. */
export function trustOptions(args: Arguments): Pick<TlsOptions, 'servername' | 'ca' | 'insecure'> {
  const ca = args.file('ca') ?? undefined
  if (ca?.includes('CERTIFICATE-----') === false) {
    // OpenSSL would pass over it and then trust nobody.
    throw new UsageError('--ca: that file holds no certificate in PEM', '--ca')
  }
  return { servername: readServername(args), ca, insecure: args.has('insecure') }
}

/** It goes into the handshake as it is: nothing but a name or an address gets there. */
function readServername(args: Arguments): string | undefined {
  const text = args.text('servername')
  if (text === null) return undefined
  const host = checkHost(text, '--servername')
  return host.kind === 'name' ? host.name : host.address
}

/** RFC 7301 3.1: each name is 1 to 255 bytes. */
function readAlpn(args: Arguments): readonly string[] | undefined {
  const text = args.text('alpn')
  const names = text?.split(',')
  if (text === null || names?.every((name) => name !== '' && Buffer.byteLength(name) <= 255)) return names
  throw UsageError.of('--alpn', text, 'a list of protocol names, such as h2,http/1.1')
}

/** A duration flag for which zero makes no sense. */
export function positiveMs<T extends number | null>(args: Arguments, flag: string, otherwise: T): number | T {
  const value = args.durationMs(flag, otherwise)
  if (value === 0) throw UsageError.of(`--${flag}`, args.text(flag) ?? '', 'a duration above zero, such as 500ms or 2s')
  return value
}
