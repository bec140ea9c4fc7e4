import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Output } from '../../../../src/cli/environment.js'
import { createScreen, type Screen } from '../../../../src/cli/render/screen.js'
import { createTheme } from '../../../../src/cli/render/theme.js'

const CLEAR = '\r\u001b[K'
const theme = await createTheme(false)

/** Both streams in one list, in the order in which a terminal would get them. */
let written: string[]

function output(name: string, isTTY: boolean, columns = 80): Output {
  return {
    isTTY,
    columns,
    behind: false,
    write: (chunk) => void written.push(`${name}:${typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()}`),
    drained: () => undefined,
    flushed: async () => {},
    failure: null,
  }
}

function screenOn(stderr: Output, verbosity: Screen['verbosity'] = 'normal'): Screen {
  return createScreen({ stdout: output('out', true), stderr, themes: { out: theme, err: theme }, verbosity })
}

beforeEach(() => {
  written = []
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

test('lines of one turn go out together', () => {
  const screen = screenOn(output('err', false))
  screen.out.line('one')
  screen.out.line('two')
  expect(written).toEqual([])
  vi.runAllTimers()
  expect(written).toEqual(['out:one\ntwo\n'])
  screen.flush()
  expect(written).toHaveLength(1)
})

test('much is not held back', () => {
  const screen = screenOn(output('err', false))
  screen.out.line('x'.repeat(70_000))
  expect(written).toHaveLength(1)
})

test('stderr keeps its place among the lines of stdout', () => {
  const screen = screenOn(output('err', false))
  screen.out.line('one')
  screen.err.line('oops')
  screen.out.raw(Buffer.from('bytes'))
  screen.out.line('two')
  screen.flush()
  expect(written).toEqual(['out:one\n', 'err:oops\n', 'out:bytes', 'out:two\n'])
})

test('the status line gives way to whatever is written, and comes back', () => {
  const screen = screenOn(output('err', true))
  screen.status('working')
  expect(written).toEqual([`err:${CLEAR}working`])
  screen.out.line('result')
  screen.flush()
  expect(written.slice(1)).toEqual([`err:${CLEAR}`, 'out:result\n', `err:${CLEAR}working`])
  screen.err.line('note')
  expect(written.slice(4)).toEqual([`err:${CLEAR}`, 'err:note\n', `err:${CLEAR}working`])
  screen.status(null)
  expect(written.slice(7)).toEqual([`err:${CLEAR}`])
  vi.runAllTimers()
  expect(written).toHaveLength(8)
})

test('it is drawn at most ten times a second, and the last text is what stays', () => {
  const screen = screenOn(output('err', true))
  for (const text of ['one', 'two', 'three']) screen.status(text)
  expect(written).toEqual([`err:${CLEAR}one`])
  vi.advanceTimersByTime(100)
  expect(written).toEqual([`err:${CLEAR}one`, `err:${CLEAR}three`])
})

test('a removed status is not drawn again by a timer that was already set', () => {
  const screen = screenOn(output('err', true))
  screen.status('one')
  screen.status('two')
  screen.status(null)
  vi.advanceTimersByTime(1000)
  expect(written).toEqual([`err:${CLEAR}one`, `err:${CLEAR}`])
})

test('it never wraps', () => {
  const screen = screenOn(output('err', true, 20))
  screen.status('x'.repeat(100))
  expect(written).toEqual([`err:${CLEAR}${'x'.repeat(19)}`])
})

test.each([
  ['off a terminal', output('err', false), 'normal'],
  ['when quiet', output('err', true), 'quiet'],
] as const)('there is none %s', (_, stderr, verbosity) => {
  const screen = screenOn(stderr, verbosity)
  expect(screen.live).toBe(false)
  screen.status('working')
  vi.runAllTimers()
  expect(written).toEqual([])
})
