import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

/** Why no network namespace can be made here, or null where one can: for the title of a skipped test. */
export function whyNoNamespaces(...programs: readonly string[]): string | null {
  if (process.platform !== 'linux') return `network namespaces are Linux's; this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'making a network namespace needs root'
  for (const program of ['ip', ...programs]) {
    if (spawnSync(program, ['-V'], { stdio: 'ignore' }).error) return `${program} is not installed`
  }
  const name = uniqueName('trial')
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (made.status !== 0) return `ip netns add is refused here: ${made.stderr.trim()}`
  const entered = spawnSync('ip', ['netns', 'exec', name, 'true'], { encoding: 'utf8' })
  spawnSync('ip', ['netns', 'del', name])
  return entered.status === 0 ? null : `ip netns exec is refused here: ${entered.stderr.trim()}`
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let made = 0

function uniqueName(what: string): string {
  return `netkit-${process.pid}-${++made}-${what}`
}

/**
 * A network of its own: loopback and whatever a test adds. Nothing leaves it. Its maker removes it, in an afterAll or
 * onTestFinished that is registered before anything can fail.
 */
export class Namespace {
  readonly name: string

  constructor(what: string) {
    this.name = uniqueName(what)
    ip('netns', 'add', this.name)
    try {
      this.ip('link', 'set', 'lo', 'up')
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Files that `/etc/NAME` is replaced with inside, by name: resolv.conf, hosts, nsswitch.conf. */
  etc(files: Readonly<Record<string, string>>): void {
    mkdirSync(this.#etc, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(`${this.#etc}/${name}`, text)
  }

  /** `ip` on this namespace; throws where it fails. */
  ip(...args: readonly string[]): void {
    ip('-n', this.name, ...args)
  }

  /** Runs a program inside; throws where it fails. */
  run(program: string, args: readonly string[], input = ''): string {
    return must('ip', ['netns', 'exec', this.name, program, ...args], input)
  }

  /** Starts a program inside. */
  spawn(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ): ChildProcessWithoutNullStreams {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], { env })
  }

  /** Runs a program inside to its end, whatever that is, without holding this process. */
  async start(program: string, args: readonly string[], input = ''): Promise<Finished> {
    const child = this.spawn(program, args)
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin.on('error', () => {}) // a program that ends before it has read all is for the test to judge
    child.stdin.end(input)
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.name])
    rmSync(this.#etc, { recursive: true, force: true })
  }

  get #etc(): string {
    return `/etc/netns/${this.name}`
  }
}

function ip(...args: readonly string[]): void {
  must('ip', args)
}

function must(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', input })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
