import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { netkit } from '../helpers/cli.js'
import { listening } from '../helpers/sockets.js'
import { atTerminal } from '../helpers/terminal.js'

const ESCAPE = '\x1b'
const [INTERRUPT, END_OF_FILE] = ['\x03', '\x04']

/** Answers each line with itself in angle brackets, and the end with `bye`. */
const answering = (socket: Socket) => {
  socket.on('data', (bytes) => socket.write(`<${bytes.toString().trim()}>\n`))
  socket.on('end', () => socket.end('bye\n'))
}

describe.skipIf(process.platform === 'win32')('netkit connect at a terminal', () => {
  it('sends what is typed line by line, half-closes at ^D, and tells of it on stderr alone', async () => {
    const { port } = await listening(answering)
    const { code, screen, status } = await atTerminal(
      ['connect', '127.0.0.1', String(port)],
      [
        ['^C ends it all', 'one\n'],
        ['<one>', 'two\n'],
        ['<two>', END_OF_FILE],
      ],
    )
    expect(code).toBe(0)
    expect(screen.replaceAll('\r\n', '\n')).toBe('one\n<one>\ntwo\n<two>\nbye\n')
    expect(status).toMatch(/^connected to 127\.0\.0\.1:\d+ from 127\.0\.0\.1:\d+/)
    expect(status).toMatch(/closed in order, FIN from this side first; 16 B in, 8 B out/)
  })

  it('shows what could command the terminal as text, with colours of its own alone', async () => {
    const { port } = await listening((socket) => socket.end(`${ESCAPE}]0;title\x07${ESCAPE}[31m\xc2\x9b\r\x7f\u202e\n`))
    const { code, screen, status } = await atTerminal(['connect', '127.0.0.1', String(port)], [])
    expect(code).toBe(0)
    expect(screen).not.toContain(ESCAPE)
    expect(screen).toContain('\\e]0;title\\x07\\e[31m')
    expect(status).toContain(ESCAPE)
    expect(status).toMatch(/closed by the peer \(FIN\)/)
  })

  it('has neither colour nor status where nobody looks', async () => {
    const { port } = await listening((socket) => socket.end(`${ESCAPE}[31m`))
    const run = await netkit(['connect', '127.0.0.1', String(port)])
    expect(run).toEqual({ code: 0, stdout: `${ESCAPE}[31m`, stderr: '' })
  })

  it('ends at ^C with 130, and begins a line of its own after it', async () => {
    const { port } = await listening((socket) => socket.write('unfinished'))
    const { code, screen, status } = await atTerminal(
      ['connect', '127.0.0.1', String(port)],
      [['unfinished', INTERRUPT]],
    )
    expect(code).toBe(130)
    expect(screen).toContain('unfinished')
    expect(status).toMatch(/\n[^\n]*ended here; 10 B in, 0 B out/)
  })

  it('tells of a reset, after what came before it', async () => {
    const { port } = await listening((socket) => {
      socket.write('last words')
      socket.once('data', () => socket.resetAndDestroy())
    })
    const { code, screen, status } = await atTerminal(['connect', '127.0.0.1', String(port)], [['last words', 'x\n']])
    expect(code).toBe(1)
    expect(screen).toContain('last words')
    expect(status).toMatch(/lost: reset \(RST\)/)
    expect(status).toMatch(/ECONNRESET/)
  })

  it('takes a large paste whole', async () => {
    let bytesIn = 0
    const { port } = await listening((socket) => {
      socket.on('data', (bytes) => {
        bytesIn += bytes.length
        if (bytesIn >= 100_000) socket.end('enough\n')
      })
    })
    // A line of a terminal in canonical mode has at most 4,095 bytes (termios(3)).
    const paste = `${'y'.repeat(99)}\n`.repeat(1000)
    const { code, screen } = await atTerminal(['connect', '127.0.0.1', String(port)], [['^C ends it all', paste]])
    expect({ code, bytesIn }).toEqual({ code: 0, bytesIn: 100_000 })
    expect(screen).toContain('enough')
  })

  it('keeps to 40 columns for what it says of the connection', async () => {
    const { port } = await listening(answering)
    const target = ['connect', '127.0.0.1', String(port), '--hex']
    const { code, screen, status } = await atTerminal(target, [['^C ends it all', `hi\n${END_OF_FILE}`]], 40)
    expect(code).toBe(0)
    expect(screen).toMatch(/00000000 {2}68 69 0a/)
    expect(status).toMatch(/^connected to/)
  })
})
