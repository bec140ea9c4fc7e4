import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { BIN } from '../helpers/cli.js'
import { answering } from '../integration/operations/raw-http/run.js'

function serving(answer: string | Buffer): Promise<number> {
  return answering((socket) => void socket.end(answer))
}

describe.skipIf(process.platform !== 'linux')('netkit raw-http at a terminal', () => {
  const ESC = '\u001b'

  /** What a terminal of that width is given, line by line; stdout and stderr are one there. script(1) of util-linux. */
  async function atTerminal(columns: number, args: readonly string[]): Promise<string[]> {
    const words = [process.execPath, BIN, 'raw-http', ...args].map((word) => `'${word}'`).join(' ')
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env
    const child = spawn('script', ['-qec', `stty cols ${columns}; ${words}`, '/dev/null'], {
      env: { ...env, TERM: 'xterm-256color' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    await once(child, 'close')
    return shown.split('\r\n')
  }
  const COLOUR = new RegExp(`${ESC}\\[[\\d;]*m`, 'g')

  it('draws colour of its own, and nothing that the peer would draw', async () => {
    const port = await serving(
      'HTTP/1.1 200 OK\nX: \u001b[2J\u009b1m\u202e\r\nContent-Length: 6\r\n\r\n\u001b]0;h\u0007',
    )
    const lines = await atTerminal(80, [`127.0.0.1:${port}`])
    const all = lines.join('\n')
    expect(all).toMatch(COLOUR)
    for (const unsafe of [ESC, '\u0007', '\u009b', '\u202e']) expect(all.replace(COLOUR, '')).not.toContain(unsafe)
    expect(all).toContain('X: \\e[2J')
    const anomaly = lines.find((line) => line.includes('bare-lf'))
    expect(anomaly?.replace(COLOUR, '')).toBe(
      '! warning at byte 15: A line ends in LF without CR. (bare-lf, RFC 9112 2.2)',
    )
  })

  it('folds what it says of the answer at words, within its width', async () => {
    const wire = 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 9\r\n\r\nhi'
    const url = `127.0.0.1:${await serving(wire)}`
    const lines = await atTerminal(40, [url, '--color', 'never', '--expect-status', '201'])
    const from = lines.indexOf('! warning at byte 21: A NUL stands')
    expect(lines.slice(from, from + 3)).toEqual([
      '! warning at byte 21: A NUL stands',
      '  within a line; read as a space.',
      '  (nul-byte, RFC 9110 5.5)',
    ])
    const told = lines.slice(lines.findIndex((line) => line.startsWith('netkit raw-http: ')))
    expect(told.slice(0, -1).every((line) => line.length <= 40)).toBe(true)
    expect(told).toContain('  hint: look at what came, byte for')
    expect(told).toContain('        byte: netkit raw-http --bytes or')
    expect(lines).toContain('broken expected status 201, got 200 OK')
  })

  it('draws the times to scale, within its width', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
      setTimeout(() => socket.end('ok'), 60)
    })
    const bars = []
    for (const line of await atTerminal(72, [`127.0.0.1:${port}`])) {
      const [, name, ms, space, bar] = / {2}(\w+) +([\d.]+) ms {2}( *)(\S*)$/.exec(line.replace(COLOUR, '')) ?? []
      if (name === undefined) continue
      expect(line.replace(COLOUR, '').length).toBeLessThanOrEqual(72)
      bars.push({ name, ms: Number(ms), from: space?.length ?? 0, length: bar?.length ?? 0 })
    }
    expect(bars.map(({ name }) => name)).toEqual(['lookup', 'connect', 'send', 'wait', 'receive'])
    const longest = bars.reduce((best, each) => (each.ms > best.ms ? each : best))
    let end = 0
    for (const { name, ms, from, length } of bars) {
      expect(Math.abs(length - (ms / longest.ms) * longest.length), `${name} lasts`).toBeLessThan(2)
      expect(from, `${name} begins`).toBeGreaterThanOrEqual(end - 2)
      end = from + length
    }
  })

  it('writes what it has to say on lines of its own, wherever the body stands', async () => {
    const wire = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\nagain\r\n0\r\nT: t\r\n\r\n'
    const lines = await atTerminal(80, [`127.0.0.1:${await serving(wire)}`, '--color', 'never'])
    const from = lines.indexOf('hello')
    expect(lines.slice(from, from + 4)).toEqual([
      'hello',
      '! warning at byte 58: A line ends in LF without CR. (bare-lf, RFC 9112 7.1)',
      'again',
      '< T: t (trailer)',
    ])
  })

  it('keeps a binary body from the screen, and says where it is to be had', async () => {
    const body = Buffer.from([0, 1, 2, 255])
    const port = await serving(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'), body]))
    const lines = await atTerminal(80, [`127.0.0.1:${port}`, '-q'])
    expect(lines).toContain('the body (4 B) is binary: --output FILE keeps it, --hex shows it')
    expect(lines.join('')).not.toContain('\u0001')
  })
})
