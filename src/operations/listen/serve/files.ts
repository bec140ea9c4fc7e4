import { type Stats, statSync } from 'node:fs'
import { constants, type FileHandle, open, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { lookup as typeOf } from 'mrmime'
import type { Validators } from '../../../protocol/http/preconditions.js'
import { WholeAnswer } from '../http/answer.js'

/** Small files are kept in memory: at most so large each, and so much together. */
const MAX_KEPT_FILE_BYTES = 256 * 1024
const MAX_KEPT_BYTES = 64 * 1024 * 1024
/** Its bytes, and the answer made of them. */
const COPIES = 2
/** A file changed twice within one tick of the system's clock looks unchanged: what is younger is not kept. */
const MIN_AGE_MS = 1000

/** Clients are to ask each time whether what they have is still good; the validators make that cheap. */
const SHARED_HEADERS = ['Accept-Ranges', 'bytes', 'Cache-Control', 'no-cache']

/** A regular file inside the folder. */
export interface ServedFile extends Validators {
  readonly sizeBytes: number
  readonly contentType: string
  /** The fields of every answer about it, names and values in turn. */
  readonly headers: readonly string[]
  /** Those of an answer that carries the whole of it. */
  readonly fields: readonly string[]
  /** The whole of it as it is answered, or the open file: its owner closes it. */
  readonly content:
    | { readonly kind: 'bytes'; readonly answer: WholeAnswer }
    | { readonly kind: 'handle'; readonly handle: FileHandle }
}

export type Found =
  | ServedFile
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'refused'; readonly statusCode: number }

interface Kept {
  readonly path: string
  readonly identity: Stats
  readonly file: ServedFile & { readonly content: { readonly kind: 'bytes'; readonly answer: WholeAnswer } }
}

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * The files below one folder, and nothing else: a symbolic link that leads out of it is refused. `root` is the folder's
 * real path. What is kept is used only while stat(2) shows the very same file, unchanged.
 */
export class FileStore {
  readonly #root: string
  readonly #inside: string
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()
  readonly #seenThisTurn = new Set<Kept>()
  #keptBytes = 0

  /** `now` is the clock that file times are compared with. */
  constructor(root: string, now: () => number = Date.now) {
    this.#now = now
    this.#root = root
    this.#inside = root.endsWith(sep) ? root : root + sep
  }

  /** At once, where the file is kept and unchanged; else null, and {@link FileStore.open} tells. */
  kept(segments: readonly string[]): ServedFile | null {
    const entry = this.#kept.get(segments.join('/'))
    if (!entry) return null
    // Requests of one turn of the event loop were all made before it: one look at the file is enough for them.
    if (this.#seenThisTurn.has(entry)) return entry.file
    const now = statOf(entry.path)
    if (now && sameFile(now, entry.identity)) {
      if (this.#seenThisTurn.size === 0) setImmediate(() => this.#seenThisTurn.clear())
      this.#seenThisTurn.add(entry)
      return entry.file
    }
    this.#forget(segments.join('/'))
    return null
  }

  /** Whether a real path is in the folder. */
  isInside(real: string): boolean {
    return real === this.#root || real.startsWith(this.#inside)
  }

  /** Throws only what no request can cause: EMFILE, EIO and their kin. */
  async open(segments: readonly string[]): Promise<Found> {
    const path = join(this.#root, ...segments)
    let handle: FileHandle | undefined
    try {
      const real = await realpath(path)
      if (!this.isInside(real)) return { kind: 'refused', statusCode: 403 }
      handle = await open(real, OPEN_FLAGS)
      const stats = await handle.stat()
      const found = await this.#describe(segments, real, stats, handle)
      if ('content' in found && found.content.kind === 'handle') handle = undefined // the caller's from here on
      return found
    } catch (error) {
      const statusCode = refusalFor(error as NodeJS.ErrnoException)
      if (statusCode === null) throw error
      return { kind: 'refused', statusCode }
    } finally {
      await handle?.close()
    }
  }

  async #describe(segments: readonly string[], real: string, stats: Stats, handle: FileHandle): Promise<Found> {
    if (stats.isDirectory()) return { kind: 'directory', path: real }
    if (!stats.isFile()) return { kind: 'refused', statusCode: 403 } // devices, pipes and sockets
    const etag = `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs * 1000).toString(16)}-${stats.ino.toString(16)}"`
    const headers = ['ETag', etag, 'Last-Modified', new Date(stats.mtimeMs).toUTCString(), ...SHARED_HEADERS]
    const type = contentType(segments.at(-1) ?? '')
    const describe = (sizeBytes: number) => ({
      ...{ sizeBytes, contentType: type, etag, lastModifiedMs: stats.mtimeMs, headers },
      fields: ['Content-Type', type, 'Content-Length', String(sizeBytes), ...headers],
    })
    if (stats.size > MAX_KEPT_FILE_BYTES) return { ...describe(stats.size), content: { kind: 'handle', handle } }
    const bytes = await readAtMost(handle, stats.size)
    // It may have shrunk meanwhile: what is announced is what was read.
    const file = describe(bytes.length)
    const read = { ...file, content: { kind: 'bytes', answer: new WholeAnswer(200, file.fields, bytes) } } as const
    if (bytes.length === stats.size && this.#now() - stats.ctimeMs > MIN_AGE_MS) {
      this.#keep(segments.join('/'), { path: join(this.#root, ...segments), identity: stats, file: read })
    }
    return read
  }

  #keep(name: string, entry: Kept): void {
    this.#forget(name)
    this.#kept.set(name, entry)
    this.#keptBytes += COPIES * entry.file.sizeBytes
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(name: string): void {
    this.#keptBytes -= COPIES * (this.#kept.get(name)?.file.sizeBytes ?? 0)
    this.#kept.delete(name)
  }
}

/** A file that grows all the while is read no further than it was long when it was opened. */
async function readAtMost(handle: FileHandle, sizeBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(sizeBytes)
  let length = 0
  while (length < sizeBytes) {
    const { bytesRead } = await handle.read(buffer, length, sizeBytes - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

/** Null where it cannot be looked at, for whatever reason: opening it tells which. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function sameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs
}

function contentType(path: string): string {
  const type = typeOf(extname(path)) ?? 'application/octet-stream'
  return type.startsWith('text/') || type === 'application/json' || type === 'image/svg+xml'
    ? `${type}; charset=utf-8`
    : type
}

/** The answer to what a path can be the cause of; null for what it cannot. */
function refusalFor({ code }: NodeJS.ErrnoException): number | null {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return 404
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
    case 'ENXIO':
      return 403
    default:
      return null
  }
}
