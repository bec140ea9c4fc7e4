import { expect, test } from 'vitest'
import { parseTargets } from '../../../../src/core/address/target-syntax.js'
import { Deadline } from '../../../../src/core/deadline.js'
import { parsePorts } from '../../../../src/core/ports/ports.js'
import { PORTSCAN_DEFAULTS, portscan } from '../../../../src/operations/portscan/index.js'
import { listening } from '../../../helpers/sockets.js'

/** Scans services that say nothing, and stops once each has been asked what it says. */
async function stoppedWhileAsking(services: number, by: 'deadline' | 'abort') {
  const controller = new AbortController()
  let expire = () => {}
  // One that passes when the test says so: a true one might pass before the ports are known.
  const onExpire = (callback: () => void) => {
    expire = callback
    return () => {}
  }
  const deadline: Deadline = Object.create(Deadline.never, { onExpire: { value: onExpire } })
  const asked = new Set<number>()
  const ports: number[] = []
  for (let i = 0; i < services; i++) {
    let connections = 0
    const { port } = await listening(() => {
      if (++connections === 2) asked.add(i)
      if (asked.size < services) return
      if (by === 'abort') controller.abort()
      else expire()
    })
    ports.push(port)
  }
  const list = parsePorts(ports.join(), 'ports')
  const targets = parseTargets('127.0.0.1', 'targets')
  return portscan(
    { ...PORTSCAN_DEFAULTS, targets, ports: list, engine: 'net', banner: true },
    { signal: controller.signal, deadline, emit: () => {} },
  )
}

test.each([
  ['deadline', 1, 'the time for the whole run is over: every port has its verdict, 1 banner was not waited for'],
  ['deadline', 2, 'the time for the whole run is over: every port has its verdict, 2 banners were not waited for'],
  ['abort', 2, 'interrupted: every port has its verdict, 2 banners were not waited for'],
] as const)('a scan that its %s stops while %i silent services are asked', async (by, services, message) => {
  const outcome = await stoppedWhileAsking(services, by)
  expect(outcome.ok).toBe(false)
  expect(outcome.value).toMatchObject({ total: services, scanned: services, open: services })
  expect(outcome.ok ? null : outcome.failure).toMatchObject({ origin: by, phase: 'read', message })
})
