import { expect, test } from 'vitest'
import { listening } from '../helpers/sockets.js'
import { atTerminal } from '../helpers/terminal.js'

test.skipIf(process.platform !== 'linux')(
  'on a narrow terminal an address stands over its ports, and no row is wider than the terminal',
  async () => {
    const { port } = await listening()
    const args = ['portscan', '127.0.0.1-2', `${port},1`, '--show', 'all', '--color', 'never', '--quiet']
    const { code, screen } = await atTerminal(args, [], 40)
    expect(code).toBe(0)
    const lines = screen.trimEnd().split('\r\n')
    expect(lines.filter((line) => line.length >= 40)).toEqual([])
    const [head, ...rows] = lines.map((line) => line.trim().split(/ {2,}/))
    expect(head).toEqual(['PORT', 'STATE', 'SERVICE', 'REASON'])
    expect(rows.map(([first, state]) => [first, state])).toEqual([
      ['127.0.0.1', undefined],
      ['1', 'closed'],
      [String(port), 'open'],
      ['127.0.0.2', undefined],
      ['1', 'closed'],
      [String(port), 'closed'],
    ])
    expect(rows.at(-1)?.at(-1)).toBe('ECONNREFUSED')
  },
)
