import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CERTIFICATE, PRIVATE_KEY } from '../../helpers/certificate.js'
import { TOKEN } from './dialogue.js'

export const QUESTION = 'question\n'
export const MUCH_BYTES = 20_000_000

/** The files that the users are given. */
export interface Fixtures {
  /** A path in a folder of this run. */
  path(name: string): string
  remove(): void
}

/** What is sent, little and much of it: the question, a request, a mail, a recording, a file to serve. */
export function makeFixtures(): Fixtures {
  const folder = mkdtempSync(join(tmpdir(), 'netkit-streams-'))
  const path = (name: string) => join(folder, name)
  const much = Buffer.alloc(MUCH_BYTES, `${'x'.repeat(71)}\n`)
  const write = (name: string, ...parts: readonly (string | Buffer)[]) =>
    writeFileSync(path(name), Buffer.concat(parts.map((part) => Buffer.from(part))))
  const post = (length: number) => `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`
  const recorded = (data: string) => `${JSON.stringify({ atMs: 0, direction: 'received', data })}\n`
  write('certificate', CERTIFICATE)
  write('key', PRIVATE_KEY)
  write('little', QUESTION)
  write('much', QUESTION, much)
  write('request-little', post(QUESTION.length), QUESTION)
  write('request-much', post(much.length), much)
  write('mail-little', 'Subject: little\r\n\r\nhello\r\n')
  write('mail-much', 'Subject: much\r\n\r\n', much)
  write('recording-little', recorded(QUESTION))
  write('recording-much', recorded(QUESTION), recorded(much.toString()))
  for (const name of ['little', 'much']) {
    mkdirSync(path(`site-${name}`))
    write(join(`site-${name}`, TOKEN), name === 'much' ? much : QUESTION)
  }
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
