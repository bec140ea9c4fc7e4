/** What a request asks for, below the folder; `statusCode` where it cannot be given. */
export type ServeTarget =
  | {
      readonly statusCode: null
      /** Names from the folder down, decoded. */
      readonly segments: readonly string[]
      /** Whether it ends in a slash: a directory is meant. */
      readonly directory: boolean
      /** The path as it was written, and its query with the question mark or ''. */
      readonly path: string
      readonly query: string
    }
  | { readonly statusCode: 400 | 403 | 404 }

const refuse = (statusCode: 400 | 403 | 404): ServeTarget => ({ statusCode })

/**
 * Reads a request target (RFC 9112 section 3.2). Escapes are decoded once, name by name. 400: not a target, bad escapes,
 * NUL. 403: `.` and `..` as names, a slash or backslash inside a name. 404: empty names, and names that begin with a
 * dot, unless `dotfiles`.
 */
export function readTarget(target: string, dotfiles: boolean): ServeTarget {
  const origin = target.startsWith('/') ? target : /^https?:\/\/[^/?#]*(.*)/is.exec(target)?.[1]
  if (origin === undefined || origin.includes('#')) return refuse(400)
  const mark = origin.indexOf('?')
  const path = (mark < 0 ? origin : origin.slice(0, mark)) || '/'
  if (!path.startsWith('/')) return refuse(400)
  const query = mark < 0 ? '' : origin.slice(mark)
  const directory = path.endsWith('/')
  const segments: string[] = []
  for (const written of path === '/' ? [] : path.slice(1, directory ? -1 : undefined).split('/')) {
    const name = decode(written)
    if (name === null || name.includes('\0')) return refuse(400)
    if (name === '..' || name === '.' || /[/\\]/.test(name)) return refuse(403)
    if (process.platform === 'win32' && !isWindowsName(name)) return refuse(403)
    if (name === '' || (!dotfiles && name.startsWith('.'))) return refuse(404)
    segments.push(name)
  }
  return { statusCode: null, segments, directory, path, query }
}

function decode(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Drives, streams of a file, wildcards, devices, and what Windows drops from the end of a name. */
function isWindowsName(name: string): boolean {
  return !/[:*?"<>|]/.test(name) && !/[. ]$/.test(name) && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
}
