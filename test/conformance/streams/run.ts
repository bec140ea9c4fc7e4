import { createReadStream } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type JsonLine, start } from '../../helpers/cli.js'
import { FATES, type Fate, type FateName } from './fates.js'
import type { Fixtures } from './fixtures.js'
import { Peer } from './peer.js'
import { USERS, type User, type UserName } from './users.js'

/** No conversation here takes as long; whoever does hangs. */
const HANGS_MS = 20_000
/** But for a handshake that is not even begun, where nothing else takes time. */
const WAITS_MS = 4000
/** But for a port that is asked in all the ways in which a service may want to be asked. */
const BANNERS_HANG_MS = 25_000

/** What a run of netkit told, and what its peer heard. */
export interface Told {
  /** Null: it hung, or died of a signal. */
  readonly exit: number | null
  readonly lines: readonly JsonLine[]
  readonly stderr: string
  /** In the clear, by the connection on which the fate was played to its end. */
  readonly heard: string
  /** Why the fate could not be played; null where it was. */
  readonly unplayed: string | null
}

/** How the line of something that netkit said begins. */
const SENT = /^\{"type":"data",(?:"id":\d+,)?"direction":"sent"/

let sockets = 0

/** Runs one user of a stream against a peer with this fate. */
export async function run(userName: UserName, fateName: FateName, fixtures: Fixtures): Promise<Told> {
  const user: User = USERS[userName]
  const fate: Fate = FATES[fateName]
  const socketPath = fixtures.path(`socket-${sockets++}`)
  const size = fate.much ? 'much' : 'little'
  const command = (port: number) => {
    const argv = user.argv({ port, socketPath, size, path: fixtures.path })
    const waitsMs = fateName === 'silent during the handshake' ? WAITS_MS : HANGS_MS
    const hangsMs = user.command === 'portscan' ? BANNERS_HANG_MS : waitsMs
    const followed = follow([...argv, ...(fate.long ? user.patience : []), '--json'], hangsMs)
    const input = () => followed.say(fixtures.path(size), fate.stdinStaysOpen)
    if (user.stdin === 'at once') input()
    else if (user.stdin === 'when connected') void followed.line('connection').then(input)
    else followed.say(null)
    return followed
  }
  if (user.dialogue.netkitAccepts) return accepts(command(0), user, fate)
  return dials(command, user, fate, user.unix ? socketPath : null)
}

interface Played {
  heard: string
  unplayed: string | null
}

async function play(socket: Socket, user: User, fate: Fate, played: Played): Promise<void> {
  const { dialogue, tls } = user
  const peer = new Peer(socket)
  try {
    await dialogue.before?.(peer)
    if (tls && !fate.beforeTls) await peer.secure(dialogue.netkitAccepts ? 'client' : 'server')
    await fate.play(peer, dialogue)
    played.unplayed = null
    played.heard = peer.heard
  } catch (error) {
    played.unplayed &&= String(error)
  }
  peer.leave()
}

/** netkit connects to a peer that does this with every connection. */
async function dials(
  command: (port: number) => Followed,
  user: User,
  fate: Fate,
  socketPath: string | null,
): Promise<Told> {
  const played: Played = { heard: '', unplayed: 'netkit did not connect' }
  const open = new Set<Socket>()
  const plays: Promise<void>[] = []
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    open.add(socket)
    plays.push(play(socket, user, fate, played))
  })
  await new Promise<void>((resolve) => {
    if (socketPath === null) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  const ended = await command(portOf(server)).ended
  for (const socket of open) socket.destroy()
  server.close()
  await Promise.all(plays)
  return { ...ended, ...played }
}

/** A peer connects to netkit. */
async function accepts(command: Followed, user: User, fate: Fate): Promise<Told> {
  const played: Played = { heard: '', unplayed: 'netkit did not listen' }
  const where = await Promise.race([command.line('listening'), command.ended.then(() => null)])
  if (!where) return { ...(await command.ended), ...played }
  played.unplayed = 'netkit did not accept'
  const { port, path } = where as { port?: number; path?: string }
  const socket = connect({ ...(path ? { path } : { port: port ?? 0, host: '127.0.0.1' }), allowHalfOpen: true })
  socket.pause()
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', resolve)
  })
  // Who fails to shake hands is no conversation: netkit goes on listening, until it is told to stop.
  if (user.tls && fate.beforeTls) void command.line('problem').then(() => command.stop())
  const playing = play(socket, user, fate, played)
  void playing.then(() => command.endInput())
  const ended = await command.ended
  socket.destroy()
  await playing
  return { ...ended, ...played }
}

interface Followed {
  readonly ended: Promise<Pick<Told, 'exit' | 'lines' | 'stderr'>>
  /** The first line of that type, once it is there. */
  line(type: string): Promise<JsonLine>
  /** Gives it a file as stdin, or none. */
  say(file: string | null, staysOpen?: boolean): void
  /** Ends a stdin that was left open. */
  endInput(): void
  stop(): void
}

function follow(argv: readonly string[], hangsMs: number): Followed {
  const child = start(argv)
  const lines: JsonLine[] = []
  const waiting: ((line: JsonLine) => void)[] = []
  let stderr = ''
  let rest: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => {
    for (let at = 0; ; ) {
      const end = bytes.indexOf('\n', at)
      rest.push(bytes.subarray(at, end < 0 ? undefined : end))
      if (end < 0) break
      const text = Buffer.concat(rest).toString()
      rest = []
      at = end + 1
      // What was sent is known, and much.
      if (SENT.test(text)) continue
      const line = JSON.parse(text) as JsonLine
      lines.push(line)
      for (const tell of waiting) tell(line)
    }
  })
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  child.stdin.on('error', () => {}) // it may end before it has read all
  const hung = setTimeout(() => child.kill('SIGKILL'), hangsMs)
  const ended = new Promise<Pick<Told, 'exit' | 'lines' | 'stderr'>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => {
      clearTimeout(hung)
      resolve({ exit, lines, stderr })
    })
  })
  const line = (type: string) =>
    new Promise<JsonLine>((resolve) => {
      waiting.push((each) => each.type === type && resolve(each))
    })
  const say = (file: string | null, staysOpen = false) => {
    if (file === null) child.stdin.end()
    else createReadStream(file).pipe(child.stdin, { end: !staysOpen })
  }
  return { ended, line, say, endInput: () => child.stdin.end(), stop: () => void child.kill('SIGTERM') }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Everything of the peer that netkit showed: the bytes as they came together, and the events made of them. */
export function shown(lines: readonly JsonLine[]): string {
  const isBytes = ({ type }: JsonLine) => type === 'data' || type === 'body' || type === 'message'
  const bytes = lines.filter(isBytes).map(({ data, dataBase64 }) => {
    if (typeof data === 'string') return data
    return typeof dataBase64 === 'string' ? Buffer.from(dataBase64, 'base64').toString('latin1') : ''
  })
  const events = lines.filter((line) => !isBytes(line) && line.type !== 'result').map((line) => JSON.stringify(line))
  return `${bytes.join('')}\n${events.join('\n')}`
}
