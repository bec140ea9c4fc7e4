import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Namespace } from './namespace.js'

/** Other people's servers in a namespace, and the directory for all that they write. */
export class Daemons {
  readonly namespace: Namespace
  readonly directory = mkdtempSync(join(tmpdir(), 'netkit-daemons-'))
  readonly #stops: (() => void)[] = []
  #log = ''

  constructor(namespace: Namespace) {
    this.namespace = namespace
    chmodSync(this.directory, 0o755)
  }

  /** Writes a file there; returns its path. */
  file(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  start(program: string, args: readonly string[]): void {
    const path = execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`], { encoding: 'utf8' }).trim()
    const child = this.namespace.spawn(path, args)
    const listen = (bytes: Buffer) => {
      this.#log += bytes.toString()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    this.#stops.push(() => child.kill('SIGKILL'))
  }

  /** Until a name server answers for a zone, or has not for too long. */
  async answers(address: string, zone: string): Promise<void> {
    const until = performance.now() + 20_000
    for (;;) {
      const { code, stdout } = await this.namespace.start('dig', [`@${address}`, '+time=1', '+tries=1', zone, 'SOA'])
      if (code === 0 && stdout.includes('NOERROR')) return
      if (performance.now() > until)
        throw new Error(`the server at ${address} does not answer:\n${stdout}\n${this.#log}`)
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
