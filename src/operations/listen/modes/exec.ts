// biome-ignore lint/style/noRestrictedImports: --exec runs what its user named
import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Deadline } from '../../../core/deadline.js'
import { type Failure, failure, failureFields, fromNodeError } from '../../../core/failure.js'
import { hint } from '../../../core/hint.js'
import { abortedBy } from '../../../core/settle.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import { roomIn } from '../room-in.js'
import { splitWords } from './words.js'

/** So long has a command to heed SIGTERM, in milliseconds. */
const GRACE_MS = 1000
/** And so often is it looked whether it has. */
const LOOK_MS = 20
/** Where a command and all that it starts can be sent a signal at once. */
const HAS_GROUPS = process.platform !== 'win32'

/**
 * Runs a command for each peer: what comes is its input, its output is what is sent, its stderr is ours. It is ended
 * (SIGTERM, and SIGKILL where it does not heed that), with all that it has started, when the peer is gone, and does not
 * outlive the listening. NETKIT_PEER_ADDRESS, NETKIT_PEER_PORT and NETKIT_PEER_ID stand in its environment.
 */
export function createExec(command: string, shell: boolean, { emit }: ResponderContext): Responder {
  const [file = '', ...args] = shell ? [command] : splitWords(command, 'command')
  const refuse = (peer: Peer, error: unknown) => {
    const failed = notRun(error, file)
    const { id, address, port } = peer
    emit({ type: 'problem', id, address, port, ...failureFields(failed) })
    peer.commandEnded({ exitStatus: null, exitSignal: null, failure: failed })
  }
  const start = (peer: Peer) =>
    spawn(file, args, {
      shell,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: environmentFor(peer),
      detached: HAS_GROUPS,
    })
  const running = new Set<Promise<void>>()
  return {
    async serve(peer) {
      let child: ReturnType<typeof start>
      try {
        child = start(peer)
      } catch (error) {
        return refuse(peer, error) // Node throws some errnos, and emits others
      }
      const over = endedWith(child, peer.signal)
      running.add(over)
      void over.then(() => running.delete(over))
      const failed = new Promise<void>((resolve) => {
        child.once('error', (error) => {
          resolve()
          if (!peer.signal.aborted) refuse(peer, error)
        })
      })
      const exited = new Promise<void>((resolve) => {
        child.once('close', (exitStatus, exitSignal) => {
          resolve()
          // A number below zero is an errno: it never ran.
          if (exitStatus !== null && exitStatus < 0) return
          peer.commandEnded({ exitStatus, exitSignal, failure: notWell(file, exitStatus, exitSignal) })
        })
      })
      // Without descriptors there are no pipes either.
      if (!child.stdin || !child.stdout) return failed
      child.stdin.on('error', () => {}) // a command need not read all it is given
      void feed(peer, child.stdin)
      const { stdout } = child
      const answer = async () => {
        for await (const bytes of stdout) if (!(await peer.send(bytes))) break
        await exited
      }
      await Promise.race([answer().catch(() => exited), failed])
    },
    close: async () => void (await Promise.all(running)),
  }
}

/** Once the command has ended by itself; or else, when its peer is gone, has been ended with all that it started. */
async function endedWith(child: ChildProcess, gone: AbortSignal): Promise<void> {
  const ended = new Promise<boolean>((resolve) => {
    child.once('exit', () => resolve(true)).once('error', () => resolve(true))
  })
  if (await Promise.race([ended, abortedBy(gone).then(() => false)])) return
  const patience = Deadline.after(GRACE_MS)
  for (let isThere = send(child, 'SIGTERM'); isThere && !patience.expired; isThere = send(child, 0))
    await sleep(LOOK_MS)
  send(child, 'SIGKILL')
}

/** Sends a signal to the command and all that it has started; whether something of it was still there. */
function send(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  try {
    return HAS_GROUPS ? process.kill(-child.pid, signal) : child.kill(signal)
  } catch {
    return false
  }
}

function notRun(error: unknown, file: string): Failure {
  const base = fromNodeError(error, 'options', { origin: 'os' })
  const hinted = base.code === 'ENOENT' ? hint('check the name of the command, and PATH') : {}
  return { ...base, message: `cannot run ${JSON.stringify(file)}: ${base.message}`, ...hinted }
}

/** A command's own no: it ran, and did not end with status 0. */
function notWell(file: string, exitStatus: number | null, exitSignal: string | null): Failure | null {
  if (exitStatus === 0) return null
  const how = exitSignal === null ? `ended with status ${exitStatus}` : `was ended by ${exitSignal}`
  const message = `the command ${JSON.stringify(file)} ${how}`
  return failure({ phase: 'protocol', origin: 'os', code: 'EXIT_STATUS', syscall: 'wait', message })
}

/** What comes goes to the command's input, no faster than it reads. */
async function feed(peer: Peer, stdin: Writable): Promise<void> {
  const room = roomIn(stdin)
  for await (const bytes of peer.received()) {
    if (stdin.writable && !stdin.write(bytes)) await room()
  }
  stdin.end()
}

function environmentFor({ id, address, port }: Peer): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NETKIT_PEER_ID: String(id),
    NETKIT_PEER_ADDRESS: address ?? '',
    NETKIT_PEER_PORT: port === null ? '' : String(port),
  }
}
