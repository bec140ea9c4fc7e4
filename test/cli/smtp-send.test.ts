import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, jsonLines, netkit } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'
import { CLOSE, mailServer } from '../helpers/scripted-server.js'

const ADDRESSES = ['--from', 'a@b.example', '--to', 'd@e.example', '--helo', 'me.example']

async function files(contents: Readonly<Record<string, string | Uint8Array>>): Promise<(name: string) => string> {
  const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, content] of Object.entries(contents)) await writeFile(join(directory, name), content)
  return (name) => join(directory, name)
}

test('a mail: the dialogue and what became of each recipient on stdout, the sums on stderr', async () => {
  const server = await mailServer({ RCPT: ['250 ok\r\n', '550 5.1.1 no \u001b[31msuch user\r\n'] })
  const to = ['--to', 'x@e.example']
  const run = await netkit([
    'smtp-send',
    '-s',
    `127.0.0.1:${server.port}`,
    ...ADDRESSES,
    ...to,
    '--subject',
    'hi',
    '-b',
    'text',
  ])
  expect(run.code).toBe(1)
  const story = run.stdout.replace(/^ *[\d.]+ ms/gm, '').replace(/^ +/gm, '')
  expect(story).toContain('<-  220 scripted ESMTP\n->  EHLO me.example\n<-  250-scripted\n250-PIPELINING\n')
  expect(story).toContain('->  RCPT TO:<x@e.example>\n')
  expect(story).toContain('<-! 550 5.1.1 no \\e[31msuch user\n')
  expect(run.stdout).toMatch(/accepted {2}d@e\.example {2}250 2\.0\.0 queued\nrefused {3}x@e\.example {2}550 5\.1\.1/)
  expect(run.stdout).not.toContain('\u001b')
  expect(run.stderr).toContain('4 round trips')
  expect(run.stderr).toContain('1 of 2 recipients failed, first: x@e.example was refused: 550 5.1.1')
  expect(server.messages[0]?.toString()).toMatch(
    /^From: a@b\.example\r\nTo: d@e\.example, x@e\.example\r\nSubject: hi\r\n/,
  )
})

test('--json: every line as the schema says', async () => {
  const server = await mailServer({ RCPT: ['250 ok\r\n', '550 5.1.1 no\r\n'] })
  const run = await netkit([
    'smtp-send',
    '--json',
    '-s',
    `127.0.0.1:${server.port}`,
    ...ADDRESSES,
    '--to',
    'x@e.example',
  ])
  const lines = jsonLines(run.stdout)
  expectValidLines('smtp-send', lines)
  expect(new Set(lines.map(({ type }) => type))).toEqual(
    new Set(['attempt', 'connected', 'reply', 'command', 'content', 'timing', 'recipient', 'result']),
  )
  expect(lines.at(-1)).toMatchObject({ ok: false, code: 'PARTIAL', accepted: 1, refused: 1, mails: 1 })
})

test('a message from a file, from stdin, and attachments', async () => {
  const server = await mailServer()
  const path = await files({
    'whole.eml': 'Subject: w\n\n.x',
    'body.txt': 'from a file\n',
    'a b.png': Buffer.of(1, 2, 3),
  })
  const to = ['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES]
  expect((await netkit([...to, '--data', path('whole.eml')])).code).toBe(0)
  expect((await netkit([...to, '--data', '-'], { stdin: 'Subject: w\n\n.x' })).code).toBe(0)
  expect((await netkit([...to, '--body', `@${path('body.txt')}`])).code).toBe(0)
  expect((await netkit([...to, '--body', '-'], { stdin: 'from stdin\n' })).code).toBe(0)
  const attach = ['--attach', path('a b.png'), '--attach', `${path('body.txt')};type=text/x-odd`]
  expect((await netkit([...to, '--html', '<b>x</b>', ...attach])).code).toBe(0)
  const [first, second, body, piped, parts] = server.messages.map(String)
  expect(first).toBe('Subject: w\r\n\r\n..x\r\n')
  expect(second).toBe(first)
  expect(body).toContain('\r\n\r\nfrom a file\r\n')
  expect(piped).toContain('\r\n\r\nfrom stdin\r\n')
  expect(parts).toContain('Content-Type: text/html; charset=utf-8')
  expect(parts).toMatch(/Content-Type: image\/png; name="?a b\.png"?\r\n/)
  expect(parts).toContain('Content-Type: text/x-odd; name=body.txt')
  expect(parts).toContain('\r\n\r\nAQID\r\n')
})

test('the password comes from a variable or a file, and is in no output', async () => {
  const server = await mailServer({ EHLO: '250-x\r\n250 AUTH PLAIN\r\n' })
  const path = await files({ pw: 'open sesame\n' })
  const to = [
    'smtp-send',
    '-s',
    `127.0.0.1:${server.port}`,
    '--auth',
    'me',
    '--auth-insecure',
    '--quit-after',
    'auth',
    '--helo',
    'me.example',
  ]
  const byFile = await netkit([...to, '--password-file', path('pw')])
  const byVariable = await netkit([...to, '--password-env', 'PW', '--json'], { env: { PW: 'open sesame' } })
  const line = `AUTH PLAIN ${Buffer.from('\0me\0open sesame').toString('base64')}`
  expect(server.heard.filter((each) => each.startsWith('AUTH'))).toEqual([line, line])
  for (const { code, stdout, stderr } of [byFile, byVariable]) {
    expect(code).toBe(0)
    expect(stdout).toContain('AUTH PLAIN [elided]')
    expect(stdout + stderr).not.toContain(line)
  }
})

describe('exit codes', () => {
  test.each([
    ['the server hangs up', { MAIL: CLOSE }, [], 1],
    ['the server is no mail server', { banner: 'SSH-2.0-OpenSSH\r\n' }, [], 7],
    ['no reply in time', { banner: { do: 'silence' } }, ['--timeout', '300ms'], 4],
    ['TLS fails', {}, ['--tls'], 6],
    ['no STARTTLS', { EHLO: '250 x\r\n' }, ['--starttls', 'always', '--quit-after', 'ehlo'], 1],
    ['STARTTLS is there', { EHLO: '250-x\r\n250 STARTTLS\r\n' }, ['--starttls', 'always', '--quit-after', 'ehlo'], 0],
    ['a reply as expected', { RCPT: '550 no\r\n' }, ['--quit-after', 'rcpt', '--expect-reply', 'rcpt=550'], 0],
    ['a reply not as expected', {}, ['--quit-after', 'rcpt', '--expect-reply', 'rcpt=550'], 1],
    ['a file that is not there', {}, ['--data', '/nowhere/at/all'], 5],
  ] as const)('%s', async (_what, script, args, code) => {
    const server = await mailServer(script)
    const run = await netkit(['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES, ...args])
    expect(run.code).toBe(code)
  })
})

describe('--quit-after is told of as the end of the dialogue where it was', () => {
  test.each([
    ['rcpt', {}, true],
    ['rcpt', { RCPT: '550 no\r\n' }, true],
    ['auth', {}, true],
    ['rcpt', { EHLO: CLOSE }, false],
    ['rcpt', { banner: '554 not you\r\n' }, false],
    ['rcpt', { EHLO: '250 x\r\n', MAIL: '550 no\r\n' }, false],
    ['data', { EHLO: '250 x\r\n', RCPT: '550 no\r\n' }, false],
    ['ehlo', { EHLO: CLOSE }, false],
  ] as const)('%s, of a server with %j: %s', async (stage, script, told) => {
    const server = await mailServer(script)
    const run = await netkit(['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES, '--quit-after', stage])
    expect(run.stderr).toMatch(/^\d+ round trips?, /m)
    expect(run.stderr.includes(`, no mail: stopped after ${stage}, as asked\n`)).toBe(told)
  })
})

test('what broke the protocol is shown, escaped, and stands in --json byte for byte', async () => {
  const ssh = await mailServer({ banner: Buffer.from('SSH-2.0-\u001b[31mx\xff\r\nmore\r\n', 'latin1') })
  const to = (port: number) => ['smtp-send', '-s', `127.0.0.1:${port}`, ...ADDRESSES, '-b', 'x']
  const run = await netkit(to(ssh.port))
  expect(run.code).toBe(7)
  expect(run.stdout).toMatch(/ ms {2}<-! SSH-2\.0-\\e\[31mx\\xff\n +more\n/)
  const lines = jsonLines((await netkit([...to(ssh.port), '--json'])).stdout)
  expectValidLines('smtp-send', lines)
  expect(lines.find(({ type }) => type === 'stray')).toMatchObject({
    stage: 'banner',
    rule: 'not-a-reply',
    sizeBytes: 23,
    data: null,
    dataBase64: Buffer.from('SSH-2.0-\u001b[31mx\xff\r\nmore\r\n', 'latin1').toString('base64'),
  })
})

test('replies that are UTF-8 and replies that are Latin-1 are told apart, and shown safely', async () => {
  const server = await mailServer({ RCPT: [Buffer.from('550 é\u0085\r\n'), Buffer.from('550 é\x85\r\n', 'latin1')] })
  const args = ['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES, '--quit-after', 'rcpt']
  const [asText, asBytes] = [await netkit([...args, '--json']), await netkit([...args, '--json'])]
  for (const [{ stdout }, linesBase64] of [[asText, null] as const, [asBytes, ['6YU=']] as const]) {
    const lines = jsonLines(stdout)
    expectValidLines('smtp-send', lines)
    const told = { lines: ['é\u0085'], linesBase64 }
    expect(lines.find(({ type, stage }) => type === 'reply' && stage === 'rcpt')).toMatchObject(told)
    expect(lines.find(({ type }) => type === 'recipient')).toMatchObject(told)
    expect(stdout).not.toContain('\u0085')
  }
  expect((await netkit(args)).stdout).toContain('<-! 550 é\\x85\n')
})

test('a QUIT that gets no reply leaves a mark in the transcript', async () => {
  const server = await mailServer({ QUIT: CLOSE })
  const to = ['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES, '-b', 'x']
  const run = await netkit(to)
  expect(run.code).toBe(0)
  expect(run.stdout).toContain('<-! (no reply: the server closed the connection)\n')
  const lines = jsonLines((await netkit([...to, '--json'])).stdout)
  expectValidLines('smtp-send', lines)
  expect(lines.find(({ type }) => type === 'unanswered')).toMatchObject({ stage: 'quit', code: 'SMTP_CLOSED' })
})

test('a message with nothing in it is misuse', async () => {
  const server = await mailServer()
  const path = await files({ 'empty.eml': '' })
  const to = ['smtp-send', '-s', `127.0.0.1:${server.port}`, ...ADDRESSES]
  for (const run of [await netkit([...to, '--data', path('empty.eml')]), await netkit([...to, '--data', '-'])]) {
    expect(run).toMatchObject({ code: 2, stderr: 'netkit smtp-send: --data: there is nothing in it to send\n' })
  }
  expect(server.connections()).toBe(0)
})

test.each([
  ['smtp-send', ['--data', '-', ...ADDRESSES, '--server']],
  ['smtp-send', ['--body', '-', ...ADDRESSES, '--server']],
  ['raw-http', ['--data', '-']],
  ['connect', []],
] as const)('%s: a folder as stdin is no empty file', async (command, args) => {
  const server = await mailServer()
  const folder = openSync(tmpdir(), 'r')
  const argv = [BIN, command, ...args, `127.0.0.1:${server.port}`]
  const child = spawn(process.execPath, argv, { stdio: [folder, 'ignore', 'pipe'] })
  closeSync(folder)
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).toBe(5)
  expect(stderr).toContain('EISDIR')
  expect(server.heard).toEqual([])
})
