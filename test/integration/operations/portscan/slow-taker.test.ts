import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'

const PORTS = 20_000
/** More than the net engine ever has in flight. */
const IN_FLIGHT = 1000

/**
 * Scans with the built library in a process of its own. Whoever takes the events is slow: each time it is asked it needs
 * a moment, and it counts what is given to it all the same.
 */
const SCAN = `
const [, library, engine, ports] = process.argv
const { Deadline } = await import(library + 'core/deadline.js')
const { parseTargets } = await import(library + 'core/address/target-syntax.js')
const { parsePorts } = await import(library + 'core/ports/ports.js')
const { PORTSCAN_DEFAULTS, portscan } = await import(library + 'operations/portscan/index.js')
const options = { ...PORTSCAN_DEFAULTS, targets: parseTargets('127.0.0.1', 'targets'), ports: parsePorts('1-' + ports, 'ports'), engine }
const seen = new Set()
let slow = false, waits = 0, doubled = 0, mostWhileSlow = 0, whileSlow = 0
const outcome = await portscan(options, {
  signal: new AbortController().signal,
  deadline: Deadline.never,
  emit: ({ type, port }) => {
    if (type !== 'port') return
    if (slow) mostWhileSlow = Math.max(mostWhileSlow, ++whileSlow)
    if (seen.has(port)) doubled++
    seen.add(port)
  },
  drained: () => {
    slow = true
    whileSlow = 0
    waits++
    return new Promise((resolve) => setTimeout(() => resolve(void (slow = false)), 10))
  },
})
process.stdout.write(JSON.stringify({ ok: outcome.ok, ...outcome.value, seen: seen.size, doubled, waits, mostWhileSlow }))
`

test.for([
  { engine: 'net', most: IN_FLIGHT },
  { engine: 'syscall', most: 0 },
])('a scan by engine $engine waits for whoever takes its events', async ({ engine, most }, { skip }) => {
  if (engine === 'syscall' && process.platform !== 'linux') return skip('system calls are made on Linux alone')
  const library = new URL('../../../../dist/', import.meta.url).href
  const args = ['--input-type=module', '-e', SCAN, library, engine, String(PORTS)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  const end = JSON.parse(text)
  expect(end).toMatchObject({ ok: true, scanned: PORTS, filtered: 0, seen: PORTS, doubled: 0, engine })
  expect(end.waits).toBeGreaterThan(10)
  expect(end.mostWhileSlow).toBeLessThanOrEqual(most)
})
