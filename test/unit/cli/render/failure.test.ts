import { expect, test } from 'vitest'
import type { Output } from '../../../../src/cli/environment.js'
import { printFailure } from '../../../../src/cli/render/failure.js'
import { createScreen } from '../../../../src/cli/render/screen.js'
import { createTheme } from '../../../../src/cli/render/theme.js'
import { type Attempt, attemptAt, type Failure, failure } from '../../../../src/core/failure.js'

const theme = await createTheme(false)

function printed(failed: Failure): string[] {
  let text = ''
  const stream: Output = {
    isTTY: false,
    columns: 80,
    behind: false,
    write: (chunk) => {
      text += Buffer.from(chunk).toString()
    },
    drained: () => undefined,
    flushed: async () => {},
    failure: null,
  }
  const screen = createScreen({
    stdout: stream,
    stderr: stream,
    themes: { out: theme, err: theme },
    verbosity: 'normal',
  })
  printFailure(screen, 'x', { ...failed, hint: null })
  screen.flush()
  return text.trimEnd().split('\n').slice(1)
}

const refused = failure({ phase: 'connect', origin: 'os', code: 'ECONNREFUSED', errno: 111 })
const said = failure({ phase: 'read', origin: 'peer', code: 'SMTP_421' })
const down = attemptAt('192.0.2.1', 25, refused, 1)
const up = attemptAt('192.0.2.2', 25, null, 2)
const of = (failed: Failure, host: string, attempts: readonly Attempt[]): Failure => ({
  ...failed,
  endpoint: { host, address: null, port: 25, path: null },
  attempts,
})

test('the addresses are told where none was reached, and not where a peer was talked to', () => {
  expect(printed(of(refused, 'x', [down, { ...down, address: '192.0.2.3' }]))).toEqual([
    '  192.0.2.1 port 25: ECONNREFUSED (111) after 1.0 ms',
    '  192.0.2.3 port 25: ECONNREFUSED (111) after 1.0 ms',
  ])
  expect(printed(of(refused, 'x', [down, up]))).toEqual([
    '  192.0.2.1 port 25: ECONNREFUSED (111) after 1.0 ms',
    '  192.0.2.2 port 25: connected after 2.0 ms',
  ])
  expect(printed(of(said, 'x', [down, up]))).toEqual([])
  expect(printed(of(refused, 'x', [down]))).toEqual([])
})

test('of several hosts each with its name, and with what it said in the end', () => {
  const ended = { ...up, code: 'SMTP_421', errno: null }
  const parts = [of(refused, 'a\u001b.example', [down]), of(said, 'b.example', [ended]), of(refused, '192.0.2.1', [])]
  expect(printed({ ...said, code: 'SEVERAL', attempts: [down, ended], parts })).toEqual([
    '  a\\e.example, 192.0.2.1 port 25: ECONNREFUSED (111) after 1.0 ms',
    '  b.example, 192.0.2.2 port 25: SMTP_421 after 2.0 ms',
  ])
})
