import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A part of a message that is no text to be read. */
export interface MailPart {
  readonly filename: string | null
  readonly type: string
  readonly sizeBytes: number
}

/** A message as its reader would see it. */
export interface DecodedMail {
  /** In order, as [name, value]; encoded words (RFC 2047) are decoded. */
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string | null
  readonly html: string | null
  readonly parts: readonly MailPart[]
}

/** Decodes a message (RFC 5322, MIME). What its parser refuses (parts nested without end) is shown as it is. */
export async function decodeMail(bytes: Uint8Array): Promise<DecodedMail> {
  const { default: PostalMime, decodeWords } = await import('postal-mime')
  const mail = await PostalMime.parse(bytes).catch(() => null)
  if (mail === null) return { headers: [], text: Buffer.from(bytes).toString('latin1'), html: null, parts: [] }
  return {
    headers: mail.headers.map(({ originalKey, value }) => [originalKey, decodeWords(value)] as const),
    text: mail.text ?? null,
    html: mail.html ?? null,
    parts: mail.attachments.map(({ filename, mimeType, content }) => ({
      filename: filename ?? null,
      type: mimeType,
      sizeBytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
    })),
  }
}

/**
 * Keeps a message in a folder under a name of its own: written beside it, synced, then renamed, so that whoever reads
 * the folder finds whole messages only, also after a crash. Resolves to its path; rejects with what the file system says.
 */
export async function saveMail(directory: string, bytes: Uint8Array): Promise<string> {
  const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}`
  const path = join(directory, `${name}.eml`)
  const part = join(directory, `.${name}.part`)
  const file = await open(part, 'wx', 0o600) // somebody's mail
  try {
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    await rename(part, path)
    await syncFolder(directory)
    return path
  } catch (error) {
    await file.close().catch(() => {}) // the first error is the one to tell
    await rm(part, { force: true })
    throw error
  }
}

/** Until its folder is on disk too, a renamed file may come back under its old name. */
async function syncFolder(directory: string): Promise<void> {
  if (process.platform === 'win32') return // which opens no folders
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
