import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-code.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { dnsServer } from '../helpers/dns-server.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const open = async (say = '') => String((await listening((socket) => void (say && socket.end(say)))).port)
const closed = async () => String(await refusingPort())
const denying = async () => {
  const { address, port } = await dnsServer((asked) => asked.answer({ bits: 0x8183 }))
  return `${address}:${port}`
}

const expectingOpen = (port: string) => ['portscan', '127.0.0.1', port, '--expect-open', port]

/** What is run, and the origin of its failure; each way that a command has of ending so. */
const CASES: readonly (readonly [number, string, () => Promise<readonly string[]>])[] = [
  [EXIT.ok, 'none', async () => ['errno', '111']],
  [EXIT.ok, 'none', async () => ['connect', '-z', '127.0.0.1', await open()]],
  [EXIT.no, 'os', async () => ['connect', '-z', '127.0.0.1', await closed()]],
  [EXIT.no, 'os', async () => ['raw-http', `127.0.0.1:${await closed()}`, '/']],
  [
    EXIT.no,
    'os',
    async () => ['smtp-send', '-s', `127.0.0.1:${await closed()}`, '-f', 'a@b.example', '-t', 'c@d.example'],
  ],
  [EXIT.no, 'expectation', async () => expectingOpen(await closed())],
  [EXIT.no, 'expectation', async () => ['connect', '127.0.0.1', await open('hi'), '--expect', 'ho']],
  [EXIT.usage, 'usage', async () => ['connect', '127.0.0.1', '70000']],
  [EXIT.usage, 'usage', async () => ['errno', 'ECONREFUSED']],
  [EXIT.usage, 'usage', async () => ['portscan', '010.0.0.1', '1']],
  [EXIT.lookup, 'resolver', async () => ['resolve', 'gone.example', '-t', 'A', '--server', await denying()]],
  [EXIT.lookup, 'resolver', async () => ['reverse', '192.0.2.1', '--server', await denying()]],
  [
    EXIT.timeout,
    'deadline',
    async () => ['connect', '127.0.0.1', await open(), '--send', 'x', '--idle-timeout', '300ms'],
  ],
  [EXIT.timeout, 'deadline', async () => ['raw-http', `127.0.0.1:${await open()}`, '/', '--max-time', '300ms']],
  [EXIT.timeout, 'deadline', async () => ['listen', '0', '--host', '127.0.0.1', '--max-time', '100ms', '--count', '1']],
  [EXIT.local, 'os', async () => ['listen', await open(), '--host', '127.0.0.1']],
  [EXIT.local, 'os', async () => ['connect', '-z', '127.0.0.1', await open(), '--source', '192.0.2.1']],
  [EXIT.local, 'os', async () => ['portscan', '--targets', '/no/such/file', '1']],
  [EXIT.tls, 'tls', async () => ['connect', '127.0.0.1', await open('220 hi\r\n'), '--tls']],
  [EXIT.tls, 'tls', async () => ['raw-http', `https://127.0.0.1:${await open('220 hi\r\n')}`, '/']],
  [EXIT.protocol, 'peer', async () => ['raw-http', `127.0.0.1:${await open('220 hi\r\n')}`, '/']],
  [
    EXIT.protocol,
    'peer',
    async () => ['smtp-send', '-s', `127.0.0.1:${await open('hi\r\n')}`, '-f', 'a@b.example', '-t', 'c@d.example'],
  ],
]

describe('the exit code, and what --json says of it', () => {
  test.each(CASES)('%i, by %s', async (expected, origin, argv) => {
    const { code, stdout, stderr } = await netkit([...(await argv()), '--json'])
    expect(code, stderr).toBe(expected)
    const lines = jsonLines(stdout)
    const result = lines.at(-1)
    expectValidLines(String(result?.['command']), lines)
    expect(result).toMatchObject({ type: 'result', ok: expected === 0, origin: origin === 'none' ? null : origin })
    expect(stdout).not.toContain('\u001b')
  })

  test('every code has a command that ends with it', () => {
    // A bug is in launcher.test.ts, signals are in stop.test.ts.
    const elsewhere: readonly number[] = [EXIT.bug, EXIT.SIGHUP, EXIT.SIGINT, EXIT.SIGTERM]
    const codes = new Set([...CASES.map(([code]) => code), ...elsewhere])
    expect([...codes].sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b))
  })
})
