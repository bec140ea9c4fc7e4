import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

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
    await rm(part, { force: true }).catch(() => {}) // so it is where the folder has become unwritable
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
