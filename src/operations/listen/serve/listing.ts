import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatSize } from '../../../core/text/size.js'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2rem}table{border-spacing:1.5rem .1rem;margin-left:-1.5rem}td:nth-child(2){text-align:right}'

interface Row {
  readonly name: string
  readonly directory: boolean
  readonly sizeBytes: number | null
  readonly modified: Date | null
}

export interface Listed {
  readonly path: string
  /** The names that lead there. */
  readonly segments: readonly string[]
  readonly dotfiles: boolean
  /** Whether a real path is in the folder that is served. */
  isInside(real: string): boolean
}

/** The page that shows a directory; names that would not be served are left out. */
export async function listDirectory({ path, segments, dotfiles, isInside }: Listed): Promise<string> {
  const entries = await readdir(path, { withFileTypes: true })
  const shown = entries.filter(({ name }) => (dotfiles || !name.startsWith('.')) && !name.includes('\\'))
  // A name that is not UTF-8 was not read as it is, and no link could lead to it.
  const all = await Promise.all(shown.map(({ name }) => rowFor(path, name, isInside)))
  const rows = all.filter(({ name, modified }) => modified !== null || !name.includes('\ufffd'))
  rows.sort((a, b) => Number(b.directory) - Number(a.directory) || (a.name < b.name ? -1 : 1))
  const title = escapeHtml(`/${segments.map((each) => `${each}/`).join('')}`)
  const up = segments.length === 0 ? [] : ['<tr><td><a href="../">../</a></td></tr>']
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head>`,
    `<body><h1>${title}</h1><table>`,
    ...up,
    ...rows.map(rowHtml),
    '</table></body></html>',
    '',
  ].join('\n')
}

/** A link that leads nowhere, or out of the folder, is shown without what lies there. */
async function rowFor(path: string, name: string, isInside: Listed['isInside']): Promise<Row> {
  const unknown = { name, directory: false, sizeBytes: null, modified: null }
  try {
    const real = await realpath(join(path, name))
    if (!isInside(real)) return unknown
    const found = await stat(real)
    return {
      name,
      directory: found.isDirectory(),
      sizeBytes: found.isFile() ? found.size : null,
      modified: found.mtime,
    }
  } catch {
    return unknown
  }
}

function rowHtml({ name, directory, sizeBytes, modified }: Row): string {
  const slash = directory ? '/' : ''
  const size = sizeBytes === null ? '' : formatSize(sizeBytes)
  const time = modified === null ? '' : modified.toISOString().slice(0, 16).replace('T', ' ')
  const link = `<a href="./${encodeURIComponent(name)}${slash}">${escapeHtml(name + slash)}</a>`
  return `<tr><td>${link}</td><td>${size}</td><td>${time}</td></tr>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
