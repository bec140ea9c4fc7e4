import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { jsonLines, netkit } from '../helpers/cli.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netkit-tls-'))
  writeFileSync(join(folder, 'cert.pem'), CERTIFICATE)
  writeFileSync(join(folder, 'key.pem'), PRIVATE_KEY)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'stranger-key.pem']
  const options = ['-out', 'stranger-cert.pem', '-days', '2', '-subj', '/CN=stranger']
  execFileSync('openssl', ['req', '-x509', ...key, ...options], { cwd: folder, stdio: 'ignore' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** `-www`: an HTTP/1.0 page about the connection, which ends with it. Resolves to its port. */
function sServer(version: string, ...more: readonly string[]): Promise<number> {
  const own = ['-cert', join(folder, 'cert.pem'), '-key', join(folder, 'key.pem')]
  const args = ['s_server', '-accept', '127.0.0.1:0', '-www', version, ...own, ...more]
  const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      const port = /ACCEPT .*:(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`openssl ended with ${code}: ${said}`)))
  })
}

for (const [version, late] of [
  ['-tls1_2', false],
  ['-tls1_3', true],
] as const) {
  describe(`raw-http and openssl s_server ${version}`, () => {
    const ask = (port: number, ...more: readonly string[]) =>
      netkit(['raw-http', `https://localhost:${port}/`, '-4', '--ca', join(folder, 'cert.pem'), '--json', ...more])

    it('a page that ends with close_notify', async () => {
      const { code, stdout } = await ask(await sServer(version))
      expect(code, stdout).toBe(0)
      const lines = jsonLines(stdout)
      expect(lines.find(({ type }) => type === 'response')).toMatchObject({ framing: 'close' })
      expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ closeNotify: true })
    })

    it('a client certificate: right, absent, of a stranger', async () => {
      const wants = ['-CAfile', join(folder, 'cert.pem'), '-Verify', '1', '-verify_return_error']
      const port = await sServer(version, ...wants)
      const with_ = (name: string) => [
        '--cert',
        join(folder, `${name}cert.pem`),
        '--key',
        join(folder, `${name}key.pem`),
      ]
      expect((await ask(port, ...with_(''))).code).toBe(0)
      const absent = await ask(port)
      expect(absent.code).toBe(6)
      // TLS 1.3 tells a client of it only after the client has finished the handshake.
      expect(jsonLines(absent.stdout).at(-1)).toMatchObject({
        origin: 'tls',
        phase: late ? 'read' : 'tls',
        code: late ? 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' : 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      })
      const stranger = await ask(port, ...with_('stranger-'))
      expect(stranger.code).toBe(6)
      expect(jsonLines(stranger.stdout).at(-1)).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
    })
  })
}
