import { type Stats, statSync } from 'node:fs'
import { constants, type FileHandle, open, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { lookup as typeOf } from 'mrmime'
import type { Validators } from '../../../protocol/http/preconditions.js'

/** Small files are kept in memory: at most so large each, and so much together. */
const MAX_KEPT_FILE_BYTES = 256 * 1024
const MAX_KEPT_BYTES = 32 * 1024 * 1024
/** A file changed twice within one tick of the system's clock looks unchanged: what is younger is not kept. */
const MIN_AGE_MS = 1000

/** A regular file inside the folder. */
export interface ServedFile extends Validators {
  readonly sizeBytes: number
  readonly contentType: string
  /** The whole of it, or the open file: its owner closes it. */
  readonly content:
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    | { readonly kind: 'handle'; readonly handle: FileHandle }
}

export type Found =
  | ServedFile
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'refused'; readonly statusCode: number }

interface Kept {
  readonly identity: Stats
  readonly file: ServedFile & { readonly content: { readonly kind: 'bytes'; readonly bytes: Buffer } }
}

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * The files below one folder, and nothing else: a symbolic link that leads out of it is refused. `root` is the folder's
 * real path. What is kept is used only while stat(2) shows the very same file, unchanged.
 */
export class FileStore {
  readonly #root: string
  readonly #inside: string
  readonly #kept = new Map<string, Kept>()
  #keptBytes = 0

  constructor(root: string) {
    this.#root = root
    this.#inside = root.endsWith(sep) ? root : root + sep
  }

  /** At once, where the file is kept and unchanged; else null, and {@link FileStore.open} tells. */
  kept(segments: readonly string[]): ServedFile | null {
    const path = join(this.#root, ...segments)
    const entry = this.#kept.get(path)
    if (!entry) return null
    const now = statSync(path, { throwIfNoEntry: false })
    if (now && sameFile(now, entry.identity)) return entry.file
    this.#forget(path)
    return null
  }

  /** Throws only what no request can cause: EMFILE, EIO and their kin. */
  async open(segments: readonly string[]): Promise<Found> {
    const path = join(this.#root, ...segments)
    let handle: FileHandle | undefined
    try {
      const real = await realpath(path)
      if (real !== this.#root && !real.startsWith(this.#inside)) return { kind: 'refused', statusCode: 403 }
      handle = await open(real, OPEN_FLAGS)
      const stats = await handle.stat()
      const found = await this.#describe(path, real, stats, handle)
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

  async #describe(path: string, real: string, stats: Stats, handle: FileHandle): Promise<Found> {
    if (stats.isDirectory()) return { kind: 'directory', path: real }
    if (!stats.isFile()) return { kind: 'refused', statusCode: 403 } // devices, pipes and sockets
    const file = {
      sizeBytes: stats.size,
      contentType: contentType(path),
      etag: `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs * 1000).toString(16)}-${stats.ino.toString(16)}"`,
      lastModifiedMs: stats.mtimeMs,
    }
    if (stats.size > MAX_KEPT_FILE_BYTES) return { ...file, content: { kind: 'handle', handle } }
    const bytes = await handle.readFile()
    // It may have grown or shrunk meanwhile: what is announced is what was read.
    const read = { ...file, sizeBytes: bytes.length, content: { kind: 'bytes', bytes } } as const
    if (bytes.length === stats.size && Date.now() - stats.ctimeMs > MIN_AGE_MS)
      this.#keep(path, { identity: stats, file: read })
    return read
  }

  #keep(path: string, entry: Kept): void {
    this.#forget(path)
    this.#kept.set(path, entry)
    this.#keptBytes += entry.file.sizeBytes
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    this.#keptBytes -= this.#kept.get(path)?.file.sizeBytes ?? 0
    this.#kept.delete(path)
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
