import { mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { FileStore } from '../../../../src/operations/listen/serve/files.js'

/** A clock an hour ahead: every file is old enough to be kept. */
const LATER = () => Date.now() + 3_600_000

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'netkit-')))
  const made = folder
  onTestFinished(() => rmSync(made, { recursive: true }))
})

const textOf = (file: ReturnType<FileStore['kept']>) =>
  file?.content.kind === 'bytes' ? file.content.answer.body.toString() : null

async function keptStore(): Promise<FileStore> {
  writeFileSync(join(folder, 'a.txt'), 'one')
  const store = new FileStore(folder, LATER)
  expect(store.kept(['a.txt'])).toBeNull()
  await store.open(['a.txt'])
  expect(textOf(store.kept(['a.txt']))).toBe('one')
  await turn()
  return store
}

test('a young file is not kept: it may change again within the same tick of the clock', async () => {
  writeFileSync(join(folder, 'a.txt'), 'one')
  const store = new FileStore(folder)
  await store.open(['a.txt'])
  expect(store.kept(['a.txt'])).toBeNull()
})

test.each<[string, (path: string) => void]>([
  ['written again, as long as before', (path) => writeFileSync(path, 'two')],
  ['cut', (path) => truncateSync(path, 1)],
  ['removed', (path) => rmSync(path)],
  [
    'replaced',
    (path) => {
      writeFileSync(`${path}.new`, 'two')
      renameSync(`${path}.new`, path)
    },
  ],
  [
    'replaced by a link',
    (path) => {
      rmSync(path)
      symlinkSync('/etc/hostname', path)
    },
  ],
  [
    'behind a link that leads in circles',
    (path) => {
      const parent = dirname(path)
      rmSync(parent, { recursive: true })
      symlinkSync(parent, parent)
    },
  ],
])('what is kept is not used once the file is %s', async (_how, change) => {
  const store = await keptStore()
  change(join(folder, 'a.txt'))
  expect(store.kept(['a.txt'])).toBeNull()
})

test('it is used for as long as it is the same', async () => {
  const store = await keptStore()
  for (let i = 0; i < 3; i++) {
    expect(textOf(store.kept(['a.txt']))).toBe('one')
    await turn()
  }
})

test('no more is kept than memory is meant for', async () => {
  const store = new FileStore(folder, LATER)
  const names = Array.from({ length: 140 }, (_, i) => `${i}.bin`)
  for (const name of names) {
    writeFileSync(join(folder, name), Buffer.alloc(250 * 1024))
    await store.open([name])
  }
  const kept = names.filter((name) => store.kept([name]) !== null).length
  expect(kept).toBeGreaterThan(100)
  expect(kept * 250).toBeLessThanOrEqual(32 * 1024)
})
