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

const servers: readonly (readonly [string, (site: Site) => Promise<WebServer>, { tls: boolean; gzip: boolean }])[] = [
  ['nginx', nginx, { tls: true, gzip: true }],
  ['apache2', apache, { tls: true, gzip: true }],
  ["python's http.server", python, { tls: false, gzip: false }],
]

for (const [name, launch, can] of servers) {
  describe(`raw-http and ${name}`, () => {
    let server: WebServer
    let at = ''
    beforeAll(async () => {
      server = await launch(site)
      at = `http://localhost:${server.port}`
    })
    afterAll(() => server?.stop())

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

    it('many requests', async () => {
      const { code, stdout } = await raw(`${at}/page.html`, '-4', '--repeat', '50', '--json', '--strict')
      expect(code).toBe(0)
      // HTTP/1.0 servers close each time.
      const connections = name.startsWith('python') ? 50 : 1
      expect(jsonLines(stdout).at(-1)).toMatchObject({ requests: 50, responses: 50, connections })
    })

    it('1 GiB with flat memory', async () => {
      const { code, bytes, peakBytes } = await drain([`${at}/big.bin`, '-4', '--body'])
      expect({ code, bytes }).toEqual({ code: 0, bytes: GIB })
      expect(peakBytes).toBeGreaterThan(0)
      expect(peakBytes).toBeLessThan(200 * 1024 * 1024)
    })

    if (!name.startsWith('python'))
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

    if (can.gzip)
      it('gzip, as it came and undone', async () => {
        const asks = [`${at}/page.html`, '-4', '-H', 'Accept-Encoding: gzip', '--body', '--strict']
        const checks = ['--expect-header', 'Content-Encoding: gzip']
        const { code, stdout } = await raw(...asks, ...checks, '--decompress')
        expect({ code, stdout }).toEqual({ code: 0, stdout: PAGE })
        expect((await raw(...asks)).stdout).not.toContain('all work')
      })

    if (can.tls)
      it('TLS, verified against its authority, and refused without', async () => {
        const url = `https://localhost:${server.tlsPort}/page.html`
        const { code, stdout } = await raw(url, '-4', '--ca', site.ca, '--body', '--strict')
        expect({ code, stdout }).toEqual({ code: 0, stdout: PAGE })
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

  it('chunks, a redirect, a 204', async () => {
    const at = `http://127.0.0.1:${server.port}`
    const chunked = ['--expect-header', 'Transfer-Encoding: chunked', '--body', '--strict']
    expect(await raw(`${at}/chunked/page.html`, ...chunked)).toMatchObject({ code: 0, stdout: PAGE })
    const moved = await raw(`${at}/moved`, '-v', '--expect-status', '301')
    expect(moved.code).toBe(0)
    expect(moved.stderr).toContain('/page.html')
    expect((await raw(`${at}/none`, '--strict', '--expect-status', '204')).code).toBe(0)
  })

  it('1 GiB in chunks with flat memory', async () => {
    const { code, bytes, peakBytes } = await drain([`http://127.0.0.1:${server.port}/chunked/big.bin`, '--body'])
    expect({ code, bytes }).toEqual({ code: 0, bytes: GIB })
    expect(peakBytes).toBeLessThan(200 * 1024 * 1024)
  })

  it('1 GiB over TLS with flat memory', async () => {
    const url = `https://localhost:${server.tlsPort}/big.bin`
    const { code, bytes, peakBytes } = await drain([url, '-4', '--ca', site.ca, '--body'])
    expect({ code, bytes }).toEqual({ code: 0, bytes: GIB })
    expect(peakBytes).toBeLessThan(200 * 1024 * 1024)
  })

  it('many requests on one connection over TLS', async () => {
    const url = `https://localhost:${server.tlsPort}/page.html`
    const { code, stdout } = await raw(url, '-4', '--ca', site.ca, '--repeat', '20', '--json', '--strict')
    expect(code).toBe(0)
    expect(jsonLines(stdout).at(-1)).toMatchObject({ requests: 20, responses: 20, connections: 1 })
  })
})
