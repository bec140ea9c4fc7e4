import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jsonLines, start } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { expectValidLines } from '../helpers/schema.js'
import { atTerminal } from '../helpers/terminal.js'

const LINUX = process.platform === 'linux'
const ENGINES = LINUX ? ['net', 'syscall'] : ['net']
/** More than is done before the test's time is over: it must be the interrupt that ends it. */
const ENDLESS = ['portscan', '127.0.0.0/8', '9', '--show', 'all']
/** From so much on, results are streaming: it is more than the head of any format. */
const STREAMING_BYTES = 2000

/** Rows of one port each, of a scan that was stopped; throws for what is no complete document. */
const ROWS: Readonly<Record<string, (text: string) => number>> = {
  table: (text) => text.match(/^127\S+ +\d+ +closed /gm)?.length ?? 0,
  csv: (text) => {
    const [head, ...rows] = text.trimEnd().split('\r\n')
    expect(head).toMatch(/^target,address,port/)
    expect(rows.filter((row) => row.split(',').length !== 10)).toEqual([])
    return rows.length
  },
  json: (text) => {
    const lines = jsonLines(text)
    expectValidLines('portscan', lines.slice(-300))
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'ECANCELED', origin: 'abort' })
    return lines.filter(({ type }) => type === 'port').length
  },
  xml: (text) => {
    expect(text).toMatch(/<finished [^>]*exit="error"[\s\S]*<\/nmaprun>\n$/)
    const counted = [...text.matchAll(/<extraports state="closed" count="(\d+)"/g)].map(([, count]) => Number(count))
    return counted.reduce((sum, count) => sum + count, 0) + (text.match(/<port /g)?.length ?? 0)
  },
  grep: (text) => {
    const lines = text.trimEnd().split('\n')
    expect(lines.filter((line) => !/^Host: 127\.\S+ \(\)\t/.test(line))).toEqual([])
    const counted = lines.map((line) => Number(/Ignored State: closed \((\d+)\)/.exec(line)?.[1] ?? 0))
    return counted.reduce((sum, count) => sum + count, 0) + (text.match(/\/closed\/tcp/g)?.length ?? 0)
  },
}

function run(args: readonly string[]) {
  const child = start([...ENDLESS, ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return {
    child,
    stderr: () => Buffer.concat(err).toString(),
    read: () => child.stdout.on('data', (chunk: Buffer) => out.push(chunk)),
    stdout: () => Buffer.concat(out).toString(),
  }
}

/** How many verdicts the message of an interrupted scan tells of. */
function verdicts(message: string): number {
  return Number(/interrupted: (\d+) of \d+ ports have a verdict/.exec(message)?.[1])
}

describe.each(ENGINES)('^C in a scan by engine %s', (engine) => {
  test.each(Object.keys(ROWS))(
    'while results stream as %s: all that is known, and a whole document',
    async (format) => {
      const { child, stderr, read, stdout } = run(['--format', format, '--engine', engine])
      read()
      while (stdout().length < STREAMING_BYTES) await once(child.stdout, 'data')
      child.kill('SIGINT')
      const [code] = await once(child, 'close')
      expect(code, stderr()).toBe(130)
      const known = format === 'json' ? Number(jsonLines(stdout()).at(-1)?.['scanned']) : verdicts(stderr())
      expect(ROWS[format]?.(stdout())).toBe(known)
    },
  )

  test('into a file: the old one stays, what is known stands beside it, whole', async () => {
    const file = folder()('scan')
    writeFileSync(file, 'old')
    const { child, stderr } = run(['--format', 'csv', '--engine', engine, '--output', file])
    const written = () => readdirSync(dirname(file)).map((name) => statSync(join(dirname(file), name)).size)
    while (!written().some((size) => size > STREAMING_BYTES)) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code, stderr()).toBe(130)
    expect(readdirSync(dirname(file)).sort()).toEqual(['scan', 'scan.partial'])
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(ROWS['csv']?.(readFileSync(`${file}.partial`, 'utf8'))).toBe(verdicts(stderr()))
    expect(stderr()).toContain(`what is known is in ${file}.partial`)
  })

  test.skipIf(!LINUX)('while nobody reads: no socket stays open, and the reader still gets all', async () => {
    const { child, read, stdout } = run(['--json', '--engine', engine])
    await once(child.stdout, 'readable')
    const sockets = () => {
      const open = readdirSync(`/proc/${child.pid}/fd`)
      return open.filter((fd) => {
        try {
          // stdin, stdout and stderr are sockets of ours.
          return Number(fd) > 2 && readlinkSync(`/proc/${child.pid}/fd/${fd}`).startsWith('socket:')
        } catch {
          return false // closed meanwhile
        }
      }).length
    }
    child.kill('SIGINT')
    await expect.poll(sockets, { timeout: 30_000 }).toBe(0)
    expect(child.exitCode).toBeNull()
    read()
    const [code] = await once(child, 'close')
    expect(code).toBe(130)
    expect(ROWS['json']?.(stdout())).toBe(Number(jsonLines(stdout()).at(-1)?.['scanned']))
  })

  test.skipIf(!LINUX)('at a terminal: the table of what is known, and no remains of the line below it', async () => {
    // The time left is told once there are verdicts to reckon it by: before, there would be nothing closed to show.
    const shown = await atTerminal(['portscan', '127.0.0.0/16', '-', '--engine', engine], [[' left', '\u0003']])
    expect(shown.code).toBe(130)
    expect(shown.screen).toMatch(/\d probed on [\d,]+ address(es)? in [^\n]*: 0 open, [\d,]+ closed \(ECONNREFUSED\)/)
    expect(shown.status).toContain('interrupted: ')
    expect(shown.status.split('\u001b[K').at(-1)).toMatch(/^\S*netkit portscan:\S* interrupted: [^\r]*\r\n$/)
  })
})
