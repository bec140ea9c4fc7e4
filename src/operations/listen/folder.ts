import { access, constants, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromFileError } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { Mode } from './types.js'

/** The real path of the folder to serve or to save in; '' where there is none. A folder to save in is made. */
export async function folderOf(mode: Mode): Promise<Outcome<string>> {
  const saves = mode.kind === 'smtp'
  const directory = saves || mode.kind === 'serve' ? mode.directory : null
  if (directory === null) return ok('', 0)
  const refuse = (error: unknown) =>
    fail({ ...fromFileError(error, `${argument}: cannot use ${directory}`, { argument }), ...hint(wanted) }, 0)
  const argument = `${mode.kind}.directory`
  const wanted = saves ? 'name a folder that mails can be written to' : 'name a folder that is there and can be read'
  try {
    if (saves) await makeFolder(directory)
    const root = await realpath(directory)
    if (!(await stat(root)).isDirectory()) return refuse(Object.assign(new Error('not a folder'), { code: 'ENOTDIR' }))
    await access(root, saves ? constants.W_OK : constants.R_OK)
    return ok(root, 0)
  } catch (error) {
    return refuse(error)
  }
}

/**
 * With the folders above it that are missing. Node's own never ends where mkdir(2) says ENOENT below a folder that is
 * there, as in /proc.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return // a folder or not: its owner looks
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path) throw error
    await makeFolder(parent)
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again
    })
  }
}
