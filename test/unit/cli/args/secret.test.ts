import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readSecret } from '../../../../src/cli/args/secret.js'
import type { Environment } from '../../../../src/cli/environment.js'

test('what is typed is hidden before the question stands there, and no longer than it takes', async () => {
  const story: string[] = []
  const terminal = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => void story.push(raw ? 'hidden' : 'shown'),
  })
  const stderr = { write: (text: string) => void story.push(text) } as unknown as Environment['stderr']
  const asked = readSecret('password of me', { stdin: terminal, stderr })
  terminal.write('secret\r')
  expect(await asked).toBe('secret')
  expect(story).toEqual(['hidden', 'password of me: ', 'shown', '\n'])
})
