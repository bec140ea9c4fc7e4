import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Listening, startListening } from './listen.js'

const SECRET = 'root:x:0:0:this must stay where it is'
export const BIG = randomBytes(1_000_000)

/** A folder `site` with a secret beside it. */
export function makeSite(): string {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'netkit-')))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const site = join(parent, 'site')
  mkdirSync(join(site, 'sub', 'deep'), { recursive: true })
  mkdirSync(join(site, 'list'))
  mkdirSync(join(parent, 'site-evil'))
  writeFileSync(join(parent, 'secret.txt'), SECRET)
  writeFileSync(join(parent, 'site-evil', 'secret.txt'), SECRET)
  writeFileSync(join(site, 'index.html'), '<h1>home</h1>')
  writeFileSync(join(site, 'sub', 'page.html'), '<p>page</p>')
  writeFileSync(join(site, 'big.bin'), BIG)
  writeFileSync(join(site, 'ten.txt'), '0123456789')
  writeFileSync(join(site, 'empty.txt'), '')
  writeFileSync(join(site, '.env'), SECRET)
  mkdirSync(join(site, '.git'))
  writeFileSync(join(site, '.git', 'config'), SECRET)
  writeFileSync(join(site, 'list', 'a & <b>.txt'), 'x')
  writeFileSync(join(site, 'list', '.hidden'), 'x')
  writeFileSync(join(site, 'list', 'ünï 100%.txt'), 'percent')
  symlinkSync(join(parent, 'secret.txt'), join(site, 'link-file'))
  symlinkSync(parent, join(site, 'link-folder'))
  symlinkSync('../secret.txt', join(site, 'link-relative'))
  symlinkSync(join(parent, 'site-evil'), join(site, 'link-evil'))
  symlinkSync('/', join(site, 'link-root'))
  symlinkSync('link-loop', join(site, 'link-loop'))
  symlinkSync('ten.txt', join(site, 'link-inside'))
  return site
}

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** A request whose target goes out as it stands: clients tidy `..` away. */
export function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

export function serve(directory: string, dotfiles = false): Promise<Listening> {
  return startListening({ mode: { kind: 'serve', directory, dotfiles } })
}
