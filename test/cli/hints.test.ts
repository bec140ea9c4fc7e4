import { describe, expect, test } from 'vitest'
import { jsonLines, netkit } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { listening } from '../helpers/sockets.js'

/** Accepts, and never says a word. */
const silent = () => listening((socket) => void socket.on('error', () => {}).resume())

/** A command in text and in JSON: what both say of the failure. */
async function told(...args: string[]) {
  const text = await netkit(args)
  const json = jsonLines((await netkit([...args, '--json'])).stdout).at(-1)
  return { text: text.stderr.replace(/\s+/g, ' '), json, code: text.code }
}

describe('a time-out says how long it was, by which flag, and what silence means there', () => {
  test.each([
    ['more-time', /--timeout/, ['--timeout', '300ms']],
    ['longer-run', /--max-time/, ['--timeout', '9s', '--max-time', '300ms']],
  ])('in a handshake: %s', async (advice, flag, args) => {
    const { port } = await silent()
    const { text, json, code } = await told('connect', '127.0.0.1', String(port), '--tls', ...args)
    expect(code).toBe(4)
    for (const said of [text, `${json?.['message']} ${json?.['hint']}`]) {
      expect(said).toContain('took longer than the 300 ms allowed')
      expect(said).toMatch(/it is connected, and silent to our hello/)
      expect(said).toMatch(flag)
      expect(said).not.toMatch(/firewall/)
    }
    expect(json).toMatchObject({ code: 'EAGAIN', phase: 'tls', advice })
  })

  test('in a conversation', async () => {
    const { port } = await silent()
    const { text, json } = await told('raw-http', `http://127.0.0.1:${port}/`, '--idle-timeout', '300ms')
    for (const said of [text, `${json?.['message']} ${json?.['hint']}`]) {
      expect(said).toMatch(/did not begin to answer within 300 ms/)
      expect(said).toContain('allow an answer more time with --idle-timeout')
    }
    expect(json).toMatchObject({ code: 'EAGAIN', phase: 'read', advice: 'more-silence' })
  })
})

test('a file that cannot be written is named with the flag that named it, in text and in JSON', async () => {
  const { port } = await silent()
  const path = folder()('.')
  const { text, json, code } = await told('connect', '127.0.0.1', String(port), '--output', path)
  expect(code).toBe(5)
  expect(text).toContain(`netkit connect: --output: cannot write ${path}: EISDIR`)
  expect(json?.['message']).toContain(`--output: cannot write ${path}: EISDIR`)
})

test('misuse that shows only when it runs is told by its flag, in text and in JSON', async () => {
  const { text, json, code } = await told('portscan', '127.0.0.1', '1', '--exclude', '127.0.0.1')
  expect(code).toBe(2)
  expect(text).toContain('netkit portscan: --exclude leaves no target')
  expect(json).toMatchObject({ code: 'EUSAGE', message: '--exclude leaves no target' })
})
