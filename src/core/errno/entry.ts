import type { Advice } from '../hint.js'

/** A numbering: Linux, macOS and the BSDs, Windows. */
export type System = 'linux' | 'darwin' | 'win32'

/**
 * Which authority numbers and words a code: the kernel, getaddrinfo(3), a DNS server or stub resolver, TLS with its
 * X.509 verification, or, under `netkit`, netkit and the JavaScript runtime below it, which number nothing.
 */
export type CodeKind = 'errno' | 'getaddrinfo' | 'dns' | 'tls' | 'netkit'

/**
 * `query` is one DNS question, `handshake` a TLS one; `open` to `rename` touch files and Unix socket paths. No connection
 * makes those from `exec` on; `lock` and `math` stand for several.
 */
export type Call =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'send'
  | 'recv'
  | 'shutdown'
  | 'close'
  | 'setsockopt'
  | 'getaddrinfo'
  | 'query'
  | 'handshake'
  | 'open'
  | 'read'
  | 'write'
  | 'unlink'
  | 'rename'
  | 'exec'
  | 'getxattr'
  | 'ioctl'
  | 'keyctl'
  | 'lock'
  | 'math'
  | 'mount'
  | 'seek'
  | 'wait'

/** One code: its numbers, what it means, and what to look at next. */
export interface CodeEntry {
  readonly name: string
  readonly kind: CodeKind
  /**
   * errno: positive; on linux as x86 and Arm have it (MIPS and SPARC differ); on win32 Winsock's number where it has one, else the C runtime's. getaddrinfo: as the system's
   * header has it, so negative on Linux. dns: the RCODE. tls: OpenSSL's X509_V_ERR number. null: the system has none.
   */
  readonly numbers: Readonly<Record<System, number | null>>
  readonly aliases: readonly string[]
  readonly calls: readonly string[]
  /** One sentence without a full stop, to follow `NAME: `. */
  readonly meaning: string
  readonly causes: readonly string[]
  /** One sentence without a full stop: what to look at next. */
  readonly hint: string
  /** What netkit can be told to do about it, or null. */
  readonly advice: Advice | null
}

/** Numbers on Linux, macOS and Windows, in this order. */
export type Numbers = readonly [linux: number | null, darwin: number | null, win32: number | null]

export interface Words extends Pick<CodeEntry, 'meaning' | 'causes' | 'hint'> {
  readonly advice?: Advice | null
  readonly aliases?: readonly string[]
}

const WINSOCK_BASE = 10_000

export function entry(kind: CodeKind, name: string, numbers: Numbers, calls: readonly Call[], words: Words): CodeEntry {
  const [linux, darwin, win32] = numbers
  return { name, kind, numbers: { linux, darwin, win32 }, calls, aliases: [], advice: null, ...words }
}

/** An errno; where Windows numbers it in Winsock's range, WSAE... is an alias unless the words name another. */
export function errno(name: string, numbers: Numbers, calls: readonly Call[], words: Words): CodeEntry {
  const win32 = numbers[2]
  const winsock = win32 !== null && win32 > WINSOCK_BASE && name.startsWith('E') ? [`WSA${name}`] : []
  return entry('errno', name, numbers, calls, { aliases: winsock, ...words })
}

/** A code with the same number, or with none, on every system. */
export function everywhere(
  kind: CodeKind,
  name: string,
  number: number | null,
  calls: readonly Call[],
  words: Words,
): CodeEntry {
  return entry(kind, name, [number, number, number], calls, words)
}
