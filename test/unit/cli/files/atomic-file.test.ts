import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AtomicFile } from '../../../../src/cli/files/atomic-file.js'
import { folder } from '../../../helpers/folder.js'

describe('AtomicFile', () => {
  it('is not there before it is committed, and then is whole', () => {
    const file = folder()
    const output = new AtomicFile(file('out'))
    output.write('one ')
    output.write(Uint8Array.of(0xff, 0x00))
    expect(readdirSync(file('.'))).not.toContain('out')
    expect(output.commit()).toBeNull()
    expect(readFileSync(file('out'))).toEqual(Buffer.from([...Buffer.from('one '), 0xff, 0x00]))
    output.discard()
    expect(readdirSync(file('.'))).toEqual(['out'])
  })

  it('leaves the old one in its place until then, and for good where it is discarded', () => {
    const file = folder()
    writeFileSync(file('out'), 'old')
    const output = new AtomicFile(file('out'))
    output.write('new')
    expect(readFileSync(file('out'), 'utf8')).toBe('old')
    output.discard()
    expect(readFileSync(file('out'), 'utf8')).toBe('old')
    expect(readdirSync(file('.'))).toEqual(['out'])
  })

  // Windows has no such permissions, and lets few make links.
  it.skipIf(process.platform === 'win32')('keeps the permissions of the old one, and a link a link', () => {
    const file = folder()
    writeFileSync(file('real'), 'old')
    chmodSync(file('real'), 0o640)
    symlinkSync('real', file('link'))
    const output = new AtomicFile(file('link'))
    output.write('new')
    expect(output.commit()).toBeNull()
    expect(lstatSync(file('link')).isSymbolicLink()).toBe(true)
    expect(readFileSync(file('real'), 'utf8')).toBe('new')
    expect(statSync(file('real')).mode & 0o777).toBe(0o640)
  })

  it('takes over what a killed process with the same id has left', () => {
    const file = folder()
    writeFileSync(file(`out.${process.pid}.tmp`), 'half')
    const output = new AtomicFile(file('out'))
    output.write('whole')
    expect(output.commit()).toBeNull()
    expect(readFileSync(file('out'), 'utf8')).toBe('whole')
    expect(readdirSync(file('.'))).toEqual(['out'])
  })

  it.each([
    ['a folder that is not there', 'absent/out', 'ENOENT'],
    ['a folder', 'folder', 'EISDIR'],
  ])('tells at once that %s cannot be written, and writes nothing after', (_, name, code) => {
    const file = folder()
    mkdirSync(file('folder'))
    const output = new AtomicFile(file(name))
    expect(output.explain()).toMatchObject({ code, message: expect.stringContaining(`cannot write ${file(name)}`) })
    output.write('lost')
    expect(output.commit()).toMatchObject({ code })
    expect(readdirSync(file('.'))).toEqual(['folder'])
  })

  it('keeps the old one where its folder has gone meanwhile', () => {
    const file = folder()
    mkdirSync(file('folder'))
    const output = new AtomicFile(file('folder/out'))
    output.write('new')
    // Something else stands where it would go.
    mkdirSync(file('folder/out'))
    writeFileSync(file('folder/out/old'), 'old')
    expect(output.commit()).toMatchObject({ origin: 'os', message: expect.stringContaining('cannot write') })
    expect(readdirSync(file('folder'))).toEqual(['out'])
    expect(readFileSync(file('folder/out/old'), 'utf8')).toBe('old')
  })

  it('throws nothing where its folder is gone when it ends', () => {
    for (const end of ['commit', 'discard'] as const) {
      const file = folder()
      mkdirSync(file('into'))
      const output = new AtomicFile(file('into/out'))
      output.write('whole')
      renameSync(file('into'), file('elsewhere'))
      writeFileSync(file('into'), 'a file where its folder was')
      output[end]()
      expect(output.explain()).toMatchObject({ code: 'ENOTDIR' })
    }
  })
})
