import { spawn } from 'node:child_process'
import { failureFields, fromNodeError } from '../../../core/failure.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import { splitWords } from './words.js'

/**
 * Runs a command for each peer: what comes is its input, its output is what is sent, its stderr is ours. It is ended
 * (SIGTERM) when the peer is gone. NETKIT_PEER_ADDRESS, NETKIT_PEER_PORT and NETKIT_PEER_ID stand in its environment.
 */
export function createExec(command: string, shell: boolean, { emit }: ResponderContext): Responder {
  const [file = '', ...args] = shell ? [command] : splitWords(command, '--exec')
  return {
    async serve(peer) {
      const child = spawn(file, args, {
        shell,
        stdio: ['pipe', 'pipe', 'inherit'],
        env: environmentFor(peer),
        signal: peer.signal,
      })
      child.stdin.on('error', () => {}) // a command need not read all it is given
      const failed = new Promise<void>((resolve) => {
        child.once('error', (error) => {
          resolve()
          if (peer.signal.aborted) return
          const base = fromNodeError(error, 'options', { origin: 'os' })
          const failure = { ...base, message: `cannot run ${JSON.stringify(file)}: ${base.message}` }
          const { id, address, port } = peer
          emit({ type: 'problem', id, address, port, ...failureFields(failure) })
        })
      })
      void feed(peer, child.stdin)
      const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
      const answer = async () => {
        for await (const bytes of child.stdout) if (!(await peer.send(bytes))) break
        await exited
      }
      await Promise.race([answer().catch(() => exited), failed])
    },
  }
}

/** What comes goes to the command's input, no faster than it reads. */
async function feed(peer: Peer, stdin: NodeJS.WritableStream): Promise<void> {
  for await (const bytes of peer.received()) {
    if (!stdin.writable) continue
    if (stdin.write(bytes)) continue
    await new Promise<void>((resolve) => {
      stdin.once('drain', resolve)
      stdin.once('close', resolve)
    })
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
