import { describe, expect, it } from 'vitest'
import { parseTargets } from '../../../src/core/address/target-syntax.js'
import { Deadline } from '../../../src/core/deadline.js'
import { parsePorts } from '../../../src/core/ports/ports.js'
import { UsageError } from '../../../src/core/usage-error.js'
import { connect } from '../../../src/operations/connect/index.js'
import { PORTSCAN_DEFAULTS, portscan } from '../../../src/operations/portscan/index.js'

const context = { signal: new AbortController().signal, deadline: Deadline.never, emit: () => {} }

describe('misuse by a program throws UsageError, and nothing is sent', () => {
  const scan = (more: Partial<Parameters<typeof portscan>[0]>) =>
    portscan(
      { ...PORTSCAN_DEFAULTS, targets: parseTargets('127.0.0.1', 'targets'), ports: parsePorts('9', 'ports'), ...more },
      context,
    )

  it.each([
    { rate: 0 },
    { rate: -1 },
    { rate: Number.NaN },
    { concurrency: 0 },
    { concurrency: 1.5 },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { lookupTimeoutMs: 0 },
    { retries: -1 },
  ])('portscan %j', async (more) => {
    await expect(scan(more)).rejects.toThrow(UsageError)
  })

  const reach = { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 1000 }
  const endpoint = { scheme: null, host: '127.0.0.1', port: 9, path: null } as never
  it.each([
    ['no endpoint', [], { kind: 'probe' }],
    ['no round', [endpoint], { kind: 'repeat', count: 0, intervalMs: 1 }],
    ['rounds with two', [endpoint, endpoint], { kind: 'repeat', count: 1, intervalMs: 1 }],
  ] as const)('connect with %s', async (_what, endpoints, mode) => {
    await expect(connect({ endpoints, reach, mode } as never, context)).rejects.toThrow(UsageError)
  })

  it('a deadline after what is no number', () => {
    expect(() => Deadline.after(Number.NaN)).toThrow(UsageError)
  })
})
