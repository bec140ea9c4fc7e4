// biome-ignore lint/style/noRestrictedImports: --exec runs what its user named
import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { type Failure, failure, failureFields, fromNodeError } from '../../../core/failure.js'
import { hint } from '../../../core/hint.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import { roomIn } from '../room-in.js'
import { splitWords } from './words.js'

/**
 * Runs a command for each peer: what comes is its input, its output is what is sent, its stderr is ours. It is ended
 * (SIGTERM) when the peer is gone. NETKIT_PEER_ADDRESS, NETKIT_PEER_PORT and NETKIT_PEER_ID stand in its environment.
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
      signal: peer.signal,
    })
  return {
    async serve(peer) {
      let child: ReturnType<typeof start>
      try {
        child = start(peer)
      } catch (error) {
        return refuse(peer, error) // Node throws some errnos, and emits others
      }
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
