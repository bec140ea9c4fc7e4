import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP server on a free port of loopback, closed with all its connections when the test ends. */
export async function listening(
  onConnection: (socket: Socket) => void = (socket) => socket.end(),
  address = '127.0.0.1',
  wantedPort = 0,
): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // peers that reset are part of the tests
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(wantedPort, address, resolve)
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  })
  return { port: portOf(server), server }
}

/** A port of loopback that refuses: it was free a moment ago, and nothing else is given it soon. */
export async function refusingPort(address = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server is not listening on TCP')
  return address.port
}
