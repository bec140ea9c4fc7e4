import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jsonLines, netkit } from '../helpers/cli.js'
import { peer } from '../helpers/peer.js'
import { expectValidLines } from '../helpers/schema.js'
import { refusingPort } from '../helpers/sockets.js'

const directory = mkdtempSync(join(tmpdir(), 'netkit-tls-'))
const path = (name: string) => join(directory, name)
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A key and a certificate for it, which the authority `ca` signs. */
function issue(name: string, host: string, from: string, to: string): void {
  const names = `subjectAltName=DNS:${host},IP:127.0.0.1`
  openssl('req', ...EC, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${host}`, '-addext', names)
  const dates = ['-startdate', from, '-enddate', to]
  openssl('ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', ...dates)
}

beforeAll(() => {
  for (const name of ['ca', 'stranger']) {
    openssl(
      'req',
      '-x509',
      ...EC,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '9',
      '-subj',
      `/CN=${name}`,
    )
  }
  const settings = ['database=index', 'serial=serial', 'new_certs_dir=.', 'default_md=sha256', 'policy=any']
  const more = ['unique_subject=no', 'copy_extensions=copy', 'certificate=ca.pem', 'private_key=ca.key']
  const config = ['[ca]', 'default_ca=own', '[own]', ...settings, ...more, '[any]', 'commonName=supplied', '']
  writeFileSync(path('ca.cnf'), config.join('\n'))
  writeFileSync(path('index'), '')
  writeFileSync(path('serial'), '01\n')
  issue('good', 'localhost', '20200101000000Z', '20490101000000Z')
  issue('expired', 'localhost', '20200101000000Z', '20210203000000Z')
  issue('early', 'localhost', '20480203000000Z', '20490101000000Z')
  issue('other', 'other.test', '20200101000000Z', '20490101000000Z')
})

afterAll(() => rmSync(directory, { recursive: true }))

const identity = (name: string) => ['-cert', path(`${name}.pem`), '-key', path(`${name}.key`)]
const client = (name: string) => ['--cert', path(`${name}.pem`), '--key', path(`${name}.key`)]
/** OpenSSL's own default forbids what is old; where it is to be offered, it must be allowed. */
const OLD = ['-cipher', 'ALL:@SECLEVEL=0']

async function serve(...flags: readonly string[]): Promise<string> {
  const port = String(await refusingPort())
  await peer('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-rev', ...flags], /ACCEPT/)
  return port
}

const talk = (port: string, flags: readonly string[], stdin = 'hello\n') =>
  netkit(['connect', 'localhost', port, '-4', '--tls', ...flags], { stdin })

describe('what is wrong with a server is told, and is exit 6', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'expired', [], 'ca', /CN=localhost, valid until 2021-02-03/],
    ['CERT_NOT_YET_VALID', 'early', [], 'ca', /CN=localhost, valid from 2048-02-03/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'other', [], 'ca', /DNS:other\.test.*, not localhost/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'good', [], 'stranger', /CN=localhost, issued by CN=ca/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'stranger', [], 'ca', /CN=stranger/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'good', ['-cert_chain', 'ca.pem'], 'stranger', /CN=ca, issued by CN=ca/],
  ])('%s, and which certificate it is', async (code, name, flags, ca, which) => {
    const port = await serve(...identity(name), ...flags.map((flag) => (flag.endsWith('.pem') ? path(flag) : flag)))
    const run = await talk(port, ['--ca', path(`${ca}.pem`)])
    expect(run.stderr).toContain(code)
    expect(run.stderr).toMatch(which)
    expect(run).toMatchObject({ code: 6, stdout: '' })

    const lines = jsonLines((await talk(port, ['--ca', path(`${ca}.pem`), '--json'])).stdout)
    expectValidLines('connect', lines)
    const subject = `CN=${{ other: 'other.test', stranger: 'stranger' }[name] ?? 'localhost'}`
    const tls = { authorized: false, authorizationError: code, protocol: 'TLSv1.3', cipher: expect.any(String) }
    const untrusted = lines.find(({ type }) => type === 'untrusted')
    expect(untrusted).toMatchObject({
      tls: { ...tls, chain: expect.arrayContaining([expect.objectContaining({ subject })]) },
    })
    expect(lines.at(-1)).toMatchObject({ ok: false, code, origin: 'tls', phase: 'tls' })

    const insecure = await talk(port, ['--ca', path(`${ca}.pem`), '--insecure', '-v'])
    expect(insecure.stderr).toContain(`not verified (${code})`)
    expect(insecure).toMatchObject({ code: 0, stdout: 'olleh\n' })
  })

  it.each([
    ['TLSV1_ALERT_PROTOCOL_VERSION', ['-tls1', ...OLD], [], /offers 1\.2 and 1\.3/],
    ['TLSV1_ALERT_PROTOCOL_VERSION', ['-tls1_1', ...OLD], [], /offers 1\.2 and 1\.3/],
    ['HANDSHAKE_FAILURE', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0'], [], /no TLS settings/],
    ['NO_APPLICATION_PROTOCOL', ['-alpn', 'h2'], ['--alpn', 'imap'], /leave --alpn out/],
    ['UNRECOGNIZED_NAME', ['-servername', 'known.test', '-servername_fatal'], [], /check --servername/],
  ])('%s %j', async (code, flags, ours, words) => {
    const second = flags.includes('-servername') ? ['-cert2', path('good.pem'), '-key2', path('good.key')] : []
    const port = await serve(...identity('good'), ...flags, ...second)
    const run = await talk(port, ['--ca', path('ca.pem'), ...ours])
    expect(run.stderr).toContain(code)
    expect(run.stderr).toMatch(words)
    expect(run).toMatchObject({ code: 6, stdout: '' })
  })

  it('TLS 1.2 and ALPN that both know are reported', async () => {
    const port = await serve(...identity('good'), '-tls1_2', '-alpn', 'h2,imap')
    const run = await talk(port, ['--ca', path('ca.pem'), '--alpn', 'imap', '-v'])
    expect(run.stderr).toMatch(/TLSv1\.2, TLS_ECDHE_ECDSA_\w+, imap, certificate valid for/)
    expect(run.stderr).toMatch(/revocation is not checked/)
    expect(run).toMatchObject({ code: 0, stdout: 'olleh\n' })
  })
})

describe('a server that wants a certificate of ours', () => {
  const wanting = ['-Verify', '1', '-verify_return_error']
  const large = 'x'.repeat(4_000_000)

  it.each(['-tls1_2', '-tls1_3'])('takes the right one, %s', async (version) => {
    const port = await serve(...identity('good'), ...wanting, '-CAfile', path('ca.pem'), version)
    const run = await talk(port, ['--ca', path('ca.pem'), ...client('good')])
    expect(run).toMatchObject({ code: 0, stdout: 'olleh\n' })
  })

  // TLS 1.3 refuses only after the client has begun to talk: by an alert, which nothing that we say may hide.
  it.each([
    ['none', '-tls1_2', [], /HANDSHAKE_FAILURE[\s\S]*client certificate/],
    ['none', '-tls1_3', [], /CERTIFICATE_REQUIRED[\s\S]*--cert and --key/],
    ['of a stranger', '-tls1_2', ['stranger'], /UNKNOWN_CA|BAD_CERTIFICATE/],
    ['of a stranger', '-tls1_3', ['stranger'], /UNKNOWN_CA|BAD_CERTIFICATE/],
    ['expired', '-tls1_2', ['expired'], /CERTIFICATE_EXPIRED/],
    ['expired', '-tls1_3', ['expired'], /CERTIFICATE_EXPIRED/],
  ])('%s, %s', async (_, version, names, words) => {
    const port = await serve(...identity('good'), ...wanting, '-CAfile', path('ca.pem'), version)
    const flags = ['--ca', path('ca.pem'), ...names.flatMap(client)]
    for (const stdin of ['', large]) {
      const run = await talk(port, flags, stdin)
      expect(run.stderr).toMatch(words)
      expect(run).toMatchObject({ code: 6, stdout: '' })
    }
    const steps = await talk(port, [...flags, '--send', 'ab\\n', '--expect', 'ba'])
    expect(steps.stderr).toMatch(words)
    expect(steps.code).toBe(6)
  })
})

describe('files that cannot be used are told before anything is sent', () => {
  it.each([
    ['the key of another certificate', ['--cert', 'good.pem', '--key', 'ca.key'], 5, /KEY_VALUES_MISMATCH/],
    ['no certificate to trust', ['--ca', 'ca.cnf'], 2, /--ca: .* no certificate/],
    ['no certificate of ours', ['--cert', 'ca.cnf', '--key', 'good.key'], 5, /PEM_NO_START_LINE/],
  ])('%s', async (_, flags, expected, words) => {
    const paths = flags.map((flag) => (flag.startsWith('--') ? flag : path(flag)))
    const run = await talk(String(await refusingPort()), paths)
    expect(run.stderr).toMatch(words)
    expect(run).toMatchObject({ code: expected, stdout: '' })
  })
})
