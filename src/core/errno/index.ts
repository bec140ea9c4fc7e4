import { certificateCodes } from './certificate.js'
import { dnsCodes } from './dns.js'
import type { CodeEntry, CodeKind, System } from './entry.js'
import { getaddrinfoCodes } from './getaddrinfo.js'
import { handshakeCodes } from './handshake.js'
import { connectionCodes } from './kernel/connection.js'
import { fileCodes } from './kernel/file.js'
import { otherCodes } from './kernel/other.js'
import { resourceCodes } from './kernel/resource.js'
import { routeCodes } from './kernel/route.js'
import { socketCodes } from './kernel/socket.js'
import { winsockCodes } from './kernel/winsock.js'
import { isLibuvName, libuvName } from './libuv.js'
import { runtimeCodes, UNKNOWN_CODE } from './runtime.js'
import { verdictCodes } from './verdicts.js'

export type { CodeEntry, CodeKind, System } from './entry.js'

interface Tables {
  readonly all: readonly CodeEntry[]
  readonly errno: readonly CodeEntry[]
  readonly getaddrinfo: readonly CodeEntry[]
  readonly byName: ReadonlyMap<string, CodeEntry>
}

function build(): Tables {
  const errno = [
    ...connectionCodes(),
    ...routeCodes(),
    ...resourceCodes(),
    ...socketCodes(),
    ...fileCodes(),
    ...winsockCodes(),
    ...otherCodes(),
  ]
  const getaddrinfo = getaddrinfoCodes()
  const all = [...errno, ...getaddrinfo, ...dnsCodes(), ...certificateCodes(), ...handshakeCodes(), ...runtimeCodes()]
  const byName = new Map(all.flatMap((code) => [code.name, ...code.aliases].map((name) => [name, code] as const)))
  return { all, errno, getaddrinfo, byName }
}

let built: Tables | undefined

/** Built when first asked for: a run in which nothing fails does not pay for the words at its start. */
function tables(): Tables {
  built ??= build()
  return built
}

/** Windows' C runtime numbers these apart from Winsock; file calls and ported programs report them. */
const C_RUNTIME_NUMBERS: ReadonlyMap<number, string> = new Map([
  [4, 'EINTR'],
  [9, 'EBADF'],
  [11, 'EAGAIN'],
  [13, 'EACCES'],
  [14, 'EFAULT'],
  [22, 'EINVAL'],
  [24, 'EMFILE'],
  [38, 'ENAMETOOLONG'],
  [41, 'ENOTEMPTY'],
])

/** The numbering of this machine. The BSDs number as macOS does, every other Unix is taken for Linux. */
export function currentSystem(): System {
  const { platform } = process
  if (platform === 'win32') return 'win32'
  return platform === 'darwin' || platform.endsWith('bsd') ? 'darwin' : 'linux'
}

/** The entry of a code or of one of its aliases, written in capitals as the systems do. */
export function describeCode(name: string): CodeEntry | undefined {
  return tables().byName.get(name)
}

/**
 * Everything that a number may stand for. Positive: the errno of that system, then a getaddrinfo code where the system
 * has those positive. Negative: the getaddrinfo code as connectEx reports it, then the `errno` of a Node error, whose
 * Windows numbers (below -4000) are known on every system.
 */
export function entryByNumber(n: number, system: System = currentSystem()): CodeEntry[] {
  const { getaddrinfo } = tables()
  const found = new Set<CodeEntry>()
  if (n > 0) {
    for (const code of errnosOf(n, system)) found.add(code)
    for (const code of getaddrinfo) if (code.numbers[system] === n) found.add(code)
  } else {
    for (const code of getaddrinfo) if (gaiNumber(code.name, system) === n) found.add(code)
    const ofNode = describeCode(libuvErrorName(n, system) ?? '')
    if (ofNode) found.add(ofNode)
  }
  return [...found]
}

function errnosOf(n: number, system: System): CodeEntry[] {
  const codes = tables().errno.filter((code) => code.numbers[system] === n)
  const ofCRuntime = system === 'win32' ? describeCode(C_RUNTIME_NUMBERS.get(n) ?? '') : undefined
  return ofCRuntime ? [...codes, ofCRuntime] : codes
}

/** The positive errno of a name or alias; null for what is no errno, or not on that system. */
export function errnoNumber(name: string, system: System = currentSystem()): number | null {
  const code = describeCode(name)
  return code?.kind === 'errno' ? code.numbers[system] : null
}

/** As {@link describeCode}, and what else goes by that name: of ENODATA, a word of DNS resolvers, the errno. */
export function codesNamed(name: string): readonly CodeEntry[] {
  const first = describeCode(name)
  if (!first) return []
  return [first, ...tables().errno.filter((code) => code !== first && code.name === name)]
}

/** What a positive errno stands for on the other systems, where that is something else than on `system`. */
export function errnosElsewhere(n: number, system: System): { readonly system: System; readonly code: CodeEntry }[] {
  const seen = new Set(errnosOf(n, system))
  const others = (['linux', 'darwin', 'win32'] as const).filter((other) => other !== system)
  return others.flatMap((other) =>
    errnosOf(n, other).flatMap((code) => {
      if (seen.has(code)) return []
      seen.add(code)
      return [{ system: other, code }]
    }),
  )
}

/** The name of a positive errno, or null. Where Linux gives two names to one number, the one that sockets use. */
export function errnoName(n: number, system: System = currentSystem()): string | null {
  return errnosOf(n, system)[0]?.name ?? null
}

/** A getaddrinfo code as connectEx reports it: always negative, so negated where the system has it positive. */
export function gaiNumber(name: string, system: System = currentSystem()): number | null {
  const code = describeCode(name)
  const number = code?.kind === 'getaddrinfo' ? code.numbers[system] : null
  return number === null ? null : -Math.abs(number)
}

/**
 * The code of a Node error, never relabelled: its `code`; else the name of its `errno`; else that of the first error
 * within an AggregateError; else EUNKNOWN. libuv has no name for some errnos (EDQUOT, ESTALE): Node then puts
 * "Unknown system error -122" in `code`, and the name comes from the number.
 */
export function nodeErrorName(error: unknown): string {
  if (typeof error !== 'object' || error === null) return UNKNOWN_CODE
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  if (typeof code === 'string' && code !== '' && !code.startsWith('Unknown system error')) return code
  if (typeof errno === 'number') return libuvErrorName(errno, currentSystem()) ?? UNKNOWN_CODE
  return error instanceof AggregateError && error.errors.length > 0 ? nodeErrorName(error.errors[0]) : UNKNOWN_CODE
}

function libuvErrorName(number: number, system: System): string | null {
  const own = libuvName(number)
  if (own !== undefined || system === 'win32' || number >= 0) return own ?? null
  const codes = errnosOf(-number, system)
  return (codes.find((code) => isLibuvName(code.name)) ?? codes[0])?.name ?? null
}

/** The entry of a verdict of netkit's own: `SMTP_550` and `HTTP_404` stand for their kind. */
export function describeVerdict(name: string): CodeEntry | undefined {
  const kind = name.replace(/^(SMTP|HTTP)_\d{3}$/, '$1_NNN')
  return verdictCodes().find((code) => code.name === kind || code.aliases.includes(kind))
}

/** The codes of one kind, or those with a word (in any case) in name, alias, meaning or causes; all by default. */
export function listCodes(filter: { kind?: CodeKind; search?: string } = {}): readonly CodeEntry[] {
  const word = filter.search?.toLowerCase() ?? ''
  return [...tables().all, ...verdictCodes()].filter(
    (code) =>
      (filter.kind === undefined || code.kind === filter.kind) &&
      [code.name, ...code.aliases, code.meaning, ...code.causes].some((text) => text.toLowerCase().includes(word)),
  )
}
