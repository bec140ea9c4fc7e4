import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { OutputFile } from '../../../../src/operations/shared/output-file.js'
import { folder } from '../../../helpers/folder.js'
import { session } from '../../../helpers/session.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'
import { answering, optionsFor, run } from '../raw-http/run.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const go = { kind: 'send', bytes: Buffer.from('go') } as const

async function opened(path: string): Promise<OutputFile> {
  const outcome = await OutputFile.open(path, 'output')
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value
}

describe('a file for what comes', () => {
  test('keeps what it holds until there is something to put there', async () => {
    const path = folder()('kept')
    writeFileSync(path, 'precious, and long')
    const file = await opened(path)
    expect(readFileSync(path, 'utf8')).toBe('precious, and long')
    const written = [file.write(Buffer.from('a')), file.write(Buffer.from('b')), file.close(), file.close()]
    expect(await Promise.all(written)).toEqual([null, null, null, null])
    expect(readFileSync(path, 'utf8')).toBe('ab')
  })

  test('takes small and large pieces in their order, each lent until its promise resolves', async () => {
    const path = folder()('mixed')
    const file = await opened(path)
    const expected: Buffer[] = []
    const written = [65_536, 3, 65_536, 200_000, 7, 1, 65_535, 100_000].map(async (length, i) => {
      const piece = Buffer.alloc(length, i + 1)
      expected.push(Buffer.from(piece))
      const failed = await file.write(piece)
      piece.fill(0) // its lender has it back
      return failed
    })
    expect(await Promise.all(written)).toEqual(written.map(() => null))
    expect(await file.close()).toBeNull()
    expect(readFileSync(path).equals(Buffer.concat(expected))).toBe(true)
  })

  test('that was not there is gone again where nothing came of it', async () => {
    const path = folder()('new')
    await (await opened(path)).close()
    expect(existsSync(path)).toBe(false)
  })

  test('that was not there stays where nothing was all that came', async () => {
    const path = folder()('new')
    const file = await opened(path)
    await file.begin()
    await file.close()
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  test('that is a folder is named with its option', async () => {
    const outcome = await OutputFile.open(folder()('.'), 'output')
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EISDIR', phase: 'options', argument: 'output' } })
    expect(outcome.ok || outcome.failure.message).toMatch(/^output: cannot write .*: EISDIR/)
  })
})

describe('what a file held is still there', () => {
  it.each(['outputFile', 'recordFile'] as const)('where connect reaches nobody: %s', async (flag) => {
    const path = folder()('kept')
    writeFileSync(path, 'precious')
    const { failed } = await session(await refusingPort(), { [flag]: path })
    expect(failed?.code).toBe('ECONNREFUSED')
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  it('where raw-http reaches nobody, or is not answered', async () => {
    const output = folder()('kept')
    writeFileSync(output, 'precious')
    for (const port of [await refusingPort(), await answering((socket) => void socket.end())]) {
      expect((await run(optionsFor(port, { output }))).outcome.ok).toBe(false)
      expect(readFileSync(output, 'utf8')).toBe('precious')
    }
  })

  it('and no longer where there was an answer, with nothing behind its head too', async () => {
    const output = folder()('kept')
    writeFileSync(output, 'precious')
    const port = await answering((socket) => void socket.end(`${OK}Content-Length: 0\r\n\r\n`))
    expect((await run(optionsFor(port, { output }))).outcome.ok).toBe(true)
    expect(readFileSync(output, 'utf8')).toBe('')
  })
})

// /dev/full is Linux's.
describe.runIf(process.platform === 'linux')("a full disk is this machine's no, with option and file", () => {
  const full = '/dev/full'
  it.each([
    ['recordFile', 'what is said by steps', { recordFile: full, steps: [go] }],
    ['recordFile', 'what is said from a pipe', { recordFile: full, input: 'go' }],
    ['recordFile', 'what comes', { recordFile: full }],
    ['outputFile', 'what comes', { outputFile: full }],
  ] as const)('connect %s, for %s', async (option, _, settings) => {
    const { port } = await listening((socket) => socket.end('hello'))
    const { outcome } = await session(port, settings)
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ENOSPC', origin: 'os' } })
    expect(outcome.ok || outcome.failure.message).toMatch(new RegExp(`^${option}: cannot write ${full}: ENOSPC`))
    expect(exitCodeFor(outcome)).toBe(5)
  })

  it('raw-http --output', async () => {
    const port = await answering((socket) => void socket.end(`${OK}Content-Length: 5\r\n\r\nhello`))
    const { outcome } = await run(optionsFor(port, { output: full }))
    expect(outcome.ok || outcome.failure.message).toMatch(/^output: cannot write \/dev\/full: ENOSPC/)
    expect(exitCodeFor(outcome)).toBe(5)
  })
})
