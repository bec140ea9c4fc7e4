import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jsonLines, netkit, start } from '../helpers/cli.js'
import { apache, GIB, makeSite, nginx, PAGE, python, type Site, type WebServer } from './web-servers.js'

let site: Site
beforeAll(() => {
  site = makeSite()
})
afterAll(() => site.remove())

const raw = (...args: readonly string[]) => netkit(['raw-http', '--idle-timeout', '20s', ...args])

/** Runs to its end with stdout thrown away; the bytes that came and the most memory it ever had. */
async function drain(args: readonly string[]): Promise<{ code: number | null; bytes: number; peakBytes: number }> {
  const child = start(['raw-http', ...args])
  let bytes = 0
  let peakBytes = 0
  let chunks = 0
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (++chunks % 64 === 1) peakBytes = Math.max(peakBytes, residentPeak(child.pid ?? 0))
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, bytes, peakBytes }
}

/** VmHWM of proc(5). */
function residentPeak(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0 // it has just ended
  }
}

interface Can {
  readonly ranges: boolean
  readonly gzip: boolean
  readonly chunked: boolean
}

const ALL: Can = { ranges: true, gzip: true, chunked: true }
const servers: readonly (readonly [string, (site: Site) => Promise<WebServer>, Can])[] = [
  ['nginx', nginx, ALL],
  ['apache2', apache, ALL],
  ["python's http.server", python, { ranges: false, gzip: false, chunked: false }],
]

const FLAT_BYTES = 200 * 1024 * 1024

for (const [name, launch, can] of servers) {
  describe(`raw-http and ${name}`, () => {
    let server: WebServer
    let at = ''
    let secure: readonly string[] = []
    beforeAll(async () => {
      server = await launch(site)
      at = `http://localhost:${server.port}`
      secure = [`https://localhost:${server.tlsPort}`, '-4', '--ca', site.ca]
    })
    afterAll(() => server?.stop())

    const expectWhole = async (args: readonly string[]) => {
      const { code, bytes, peakBytes } = await drain(args)
      expect({ code, bytes }).toEqual({ code: 0, bytes: GIB })
      expect(peakBytes).toBeGreaterThan(0)
      expect(peakBytes).toBeLessThan(FLAT_BYTES)
    }

    it('a page, byte for byte and without one anomaly', async () => {
      const { code, stdout, stderr } = await raw(`${at}/page.html`, '--body', '--strict', '-4')
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: PAGE, stderr: '' })
    })

    it('a head, a page that is missing, a malformed request', async () => {
      expect(
        (await raw(`${at}/page.html`, '-X', 'HEAD', '--strict', '-4', '--expect-header', 'Content-Length')).code,
      ).toBe(0)
      expect((await raw(`${at}/missing`, '--strict', '-4', '--expect-status', '404')).code).toBe(0)
      const { stdout } = await netkit(['raw-http', at, '-4', '--request', '-', '--json'], { stdin: 'hi\r\n\r\n' })
      expect(jsonLines(stdout).at(-1)?.['verdict']).not.toBe('incomplete')
    })

    it('many requests on one connection, plain and over TLS', async () => {
      for (const way of [[at, '-4'], secure]) {
        const { code, stdout } = await raw(...way, '/page.html', '--repeat', '20', '--json', '--strict')
        expect(code, stdout).toBe(0)
        expect(jsonLines(stdout).at(-1)).toMatchObject({ requests: 20, responses: 20, connections: 1 })
      }
    })

    it('1 GiB with flat memory', () => expectWhole([`${at}/big.bin`, '-4', '--body']))

    it('1 GiB over TLS with flat memory', () => expectWhole([...secure, '/big.bin', '--body']))

    if (can.ranges)
      it('a range', async () => {
        const { code, stdout } = await raw(
          `${at}/page.html`,
          '-4',
          '-H',
          'Range: bytes=10-19',
          '--body',
          '--expect-status',
          '206',
        )
        expect({ code, stdout }).toEqual({ code: 0, stdout: PAGE.slice(10, 20) })
      })

    if (!can.ranges)
      it('a range that is not honoured: the whole, with 200', async () => {
        const asks = [`${at}/page.html`, '-4', '-H', 'Range: bytes=10-19', '--body', '--strict']
        expect(await raw(...asks, '--expect-status', '200')).toMatchObject({ code: 0, stdout: PAGE })
      })

    if (can.chunked)
      it('1 GiB in chunks with flat memory', async () => {
        await expectWhole([`${at}/chunked/big.bin`, '-4', '--body', '--expect-header', 'Transfer-Encoding: chunked'])
      })

    if (can.gzip)
      it('gzip, as it came and undone', async () => {
        const asks = [`${at}/page.html`, '-4', '-H', 'Accept-Encoding: gzip', '--body', '--strict']
        const checks = ['--expect-header', 'Content-Encoding: gzip']
        const { code, stdout } = await raw(...asks, ...checks, '--decompress')
        expect({ code, stdout }).toEqual({ code: 0, stdout: PAGE })
        expect((await raw(...asks)).stdout).not.toContain('all work')
      })

    it('TLS, verified against its authority, and refused without', async () => {
      const { code, stdout } = await raw(...secure, '/page.html', '--body', '--strict')
      expect({ code, stdout }).toEqual({ code: 0, stdout: PAGE })
      const url = `https://localhost:${server.tlsPort}/page.html`
      expect((await raw(url, '-4')).code).toBe(6)
      const insecure = await raw(url, '-4', '--insecure', '-v', '--head')
      expect(insecure.code).toBe(0)
      expect(insecure.stderr).toMatch(/TLSv1\.[23], .*, NOT verified: DEPTH_ZERO_SELF_SIGNED_CERT/)
    })
  })
}

describe('raw-http and nginx', () => {
  let server: WebServer
  beforeAll(async () => {
    server = await nginx(site)
  })
  afterAll(() => server?.stop())

  it('a page in chunks, a redirect, a 204', async () => {
    const at = `http://127.0.0.1:${server.port}`
    const chunked = ['--expect-header', 'Transfer-Encoding: chunked', '--body', '--strict']
    expect(await raw(`${at}/chunked/page.html`, ...chunked)).toMatchObject({ code: 0, stdout: PAGE })
    const moved = await raw(`${at}/moved`, '-v', '--expect-status', '301')
    expect(moved.code).toBe(0)
    expect(moved.stderr).toContain('/page.html')
    expect((await raw(`${at}/none`, '--strict', '--expect-status', '204')).code).toBe(0)
  })
})
