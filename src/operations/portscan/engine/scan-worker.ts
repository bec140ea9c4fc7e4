import { parentPort, workerData } from 'node:worker_threads'
import { parseTargets } from '../../../core/address/target-syntax.js'
import { PortList } from '../../../core/ports/port-list.js'
import { SyscallUnavailable } from '../../../net/syscall/koffi.js'
import { loadLibc } from '../../../net/syscall/libc.js'
import { AF_INET, AF_INET6 } from '../../../net/syscall/linux.js'
import { type SocketAddress, socketAddress } from '../../../net/syscall/sockaddr.js'
import { addressList } from '../hosts.js'
import { DoneSet } from '../schedule/done-set.js'
import { Scheduler } from '../schedule/scheduler.js'
import { ProbeSpace } from '../schedule/space.js'
import { Chunks, doneIn, SpaceWalk } from '../schedule/walk.js'
import { runLoop } from '../syscall/loop.js'
import { Prober } from '../syscall/prober.js'
import type { WorkerMessage, WorkerTask } from '../syscall/protocol.js'
import { ResultRing } from '../syscall/ring.js'

/** Addresses kept ready for connect(2): more than a block of hosts has. */
const MAX_CACHED = 8192

/** The thread of the system-call engine: takes its task from `workerData`, posts results, ends. */
async function work(task: WorkerTask, post: (message: WorkerMessage) => void): Promise<void> {
  let libc: Awaited<ReturnType<typeof loadLibc>>
  try {
    libc = await loadLibc()
  } catch (error) {
    if (!(error instanceof SyscallUnavailable)) throw error
    return post({ type: 'unavailable', reason: error.message })
  }
  post({ type: 'ready' })
  const targets = task.targets === '' ? null : parseTargets(task.targets, 'targets')
  const hosts = addressList(task.named, targets, task.names)
  const addresses = new Map<number, SocketAddress>()
  const addressOf = (host: number): SocketAddress => {
    const known = addresses.get(host)
    if (known) return known
    if (addresses.size >= MAX_CACHED) addresses.clear()
    const made = socketAddress(hosts(host).address, 0, libc.if_nametoindex)
    addresses.set(host, made)
    return made
  }
  const { sourceAddress, sourcePort } = task
  const sourceOf = (any: string) =>
    sourceAddress === null && sourcePort === null
      ? null
      : socketAddress(sourceAddress ?? any, sourcePort ?? 0, libc.if_nametoindex)
  const source = { [AF_INET]: sourceOf('0.0.0.0'), [AF_INET6]: sourceOf('::') }

  const ports = PortList.ofRanges(task.ports)
  const isDone = doneIn(task.done && DoneSet.from(task.done), task.share)
  const stop = new Int32Array(task.stop)
  const walk = new SpaceWalk(new ProbeSpace(task.space), task.share, isDone, new Chunks(task.chunks))
  const scheduler = new Scheduler(walk, task.timing)
  const options = {
    addressOf,
    portOf: (index: number) => ports.at(index) ?? 0,
    source,
    sourcePort: sourcePort !== null,
  }
  const refused = runLoop({
    scheduler,
    engine: (report) => new Prober(libc, options, report),
    ring: new ResultRing(task.ring),
    ringBell: () => post({ type: 'results' }),
    stopped: () => Atomics.load(stop, 0) !== 0,
  })
  post({ type: 'end', refused, sent: scheduler.sent })
}

if (!parentPort) throw new Error('scan-worker runs as a worker thread')
const port = parentPort
void work(workerData as WorkerTask, (message) => port.postMessage(message))
