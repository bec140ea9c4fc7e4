import { describe, expect, it } from 'vitest'
import { importKoffi, loadAddon } from '../../../../src/net/syscall/koffi.js'

describe('koffi', () => {
  it("is its entry's addon, and calls the same libc", async () => {
    const koffi = await importKoffi()
    const { default: entry } = await import('koffi')
    for (const each of [koffi, entry]) expect(each.load(null).func('int getpid()')()).toBe(process.pid)
    expect(koffi.version).toBe(entry.version)
  })

  it('comes by its entry where there is no such addon', () => {
    expect(loadAddon('no-such-machine')).toBeNull()
  })
})

// Elsewhere, and with musl, it is the entry that finds the addon.
describe.runIf(process.platform === 'linux' && process.arch === 'x64' && isGlibc())(
  'the addon (needs Linux on x64 with glibc)',
  () => {
    it('is where it is looked for', () => {
      expect(loadAddon()?.load).toBeTypeOf('function')
    })
  },
)

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}
