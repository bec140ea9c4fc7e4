import { describe, expect, it, test } from 'vitest'
import { advised, failureInWords, usageText, WORDS } from '../../../src/cli/advice.js'
import { listCodes } from '../../../src/core/errno/index.js'
import { deadlineFailure, failure } from '../../../src/core/failure.js'
import { ADVICE, hint } from '../../../src/core/hint.js'
import { UsageError } from '../../../src/core/usage-error.js'

test('every advice has words, which name a flag or a command, and nothing else has', () => {
  expect(Object.keys(WORDS).sort()).toEqual([...ADVICE].sort())
  for (const words of Object.values(WORDS)) {
    expect(words).toMatch(/--[a-z]|(?<!\w)-[46ot]\b|netkit [a-z]/)
    expect(words).toMatch(/^[ ,;:]\s?\S[^\n]*[^.\s]$/)
  }
})

test('no errno is given words that only some commands have', () => {
  const some = /(?<!netkit [a-z]+ )--(?!timeout\b|verbose\b)[a-z]/
  const errnos = listCodes({ kind: 'errno' }).filter(({ advice }) => advice !== null)
  expect(errnos.length).toBeGreaterThan(3)
  expect(errnos.filter(({ advice }) => advice && some.test(WORDS[advice])).map(({ name }) => name)).toEqual([])
})

describe('a hint', () => {
  it('is completed by the flag, once', () => {
    const told = advised({ type: 'problem', ...hint('allow more silence', 'more-silence') })
    expect(told.hint).toBe('allow more silence with --idle-timeout')
    expect(advised(told)).toEqual(told)
  })

  it('without advice stays what it was, and so does an event without hint', () => {
    for (const event of [{ ...hint('look again') }, { hint: null, advice: null }, { type: 'data' }])
      expect(advised(event)).toBe(event)
  })

  it('that another version of netkit wrote is shown as it is', () => {
    const read = { hint: 'do that', advice: 'toString' }
    expect(advised(read)).toBe(read)
  })
})

test('a failure names the flag that is at fault and the one that helps', () => {
  const failed = failure({
    phase: 'options',
    origin: 'os',
    code: 'EISDIR',
    message: 'outputFile: cannot write /tmp: EISDIR',
    argument: 'outputFile',
    ...hint('take the engine that serves everywhere', 'any-engine'),
  })
  expect(failureInWords(failed)).toMatchObject({
    message: '--output: cannot write /tmp: EISDIR',
    hint: 'take the engine that serves everywhere: --engine net',
  })
  const late = deadlineFailure('connect', 'output did not answer')
  expect(failureInWords(late).message).toBe('output did not answer')
})

test.each([
  [new UsageError('exclude leaves no target', 'exclude'), '--exclude leaves no target'],
  [new UsageError('before: scan again', 'before', 'show-open'), '--diff: scan again with --show open or --show all'],
  [new UsageError('--port: no', '--port'), '--port: no'],
  [new UsageError('a command is missing'), 'a command is missing'],
  [new UsageError('what is none', 'toString'), 'what is none'],
])('misuse in the words of the command line: %s', (error, text) => {
  expect(usageText(error)).toBe(text)
})
