import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseTargets } from '../../../../src/core/address/target-syntax.js'
import { Deadline } from '../../../../src/core/deadline.js'
import { parsePorts } from '../../../../src/core/ports/ports.js'
import {
  isOnlyListenedTo,
  PORTSCAN_DEFAULTS,
  type PortEvent,
  portscan,
} from '../../../../src/operations/portscan/index.js'
import { listening } from '../../../helpers/sockets.js'

/** What a service on the port was sent, and the verdict on it. The port is its own on an address of loopback that nobody else has. */
async function askedOn(wantedPort: number, greeting: string | null) {
  const address = `127.91.${randomInt(1, 255)}.${randomInt(1, 255)}`
  let sent = ''
  let connections = 0
  const { port } = await listening(
    (socket) => {
      connections++
      if (greeting !== null) socket.write(greeting)
      socket.on('data', (bytes) => {
        sent += bytes.toString('latin1')
      })
    },
    address,
    wantedPort,
  )
  const found: PortEvent[] = []
  const outcome = await portscan(
    {
      ...PORTSCAN_DEFAULTS,
      targets: parseTargets(address, 'targets'),
      ports: parsePorts(`${port}`, 'ports'),
      engine: 'net',
      banner: true,
    },
    {
      signal: new AbortController().signal,
      deadline: Deadline.never,
      emit: (event) => event.type === 'port' && found.push(event),
    },
  )
  expect(outcome.ok).toBe(true)
  return { sent, connections, banner: found[0]?.banner }
}

test('a silent printer is listened to, and not sent a byte', async () => {
  expect(await askedOn(9100, null)).toEqual({ sent: '', connections: 2, banner: null })
})

test('what a printer says by itself is told', async () => {
  expect(await askedOn(9107, 'ready\r\n')).toEqual({ sent: '', connections: 2, banner: 'ready\r\n' })
})

test('another silent port is sent an empty line', async () => {
  const { sent } = await askedOn(0, null)
  expect(sent).toContain('\r\n')
})

test.each([515, 9100, 9103, 9107])('port %i is a printer', (port) => {
  expect(isOnlyListenedTo(port)).toBe(true)
})

test.each([80, 443, 514, 631, 9099, 9108])('port %i is spoken to', (port) => {
  expect(isOnlyListenedTo(port)).toBe(false)
})
