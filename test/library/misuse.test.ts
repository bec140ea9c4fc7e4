import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as netkit from '../../src/index.js'

const { UsageError } = netkit

/** Functions with what each needs at least. All of it goes to this machine alone. */
const RUNS = {
  connect: [netkit.connect, { to: '127.0.0.1:9' }],
  explainErrno: [netkit.explainErrno, {}],
  listen: [netkit.listen, {}],
  local: [netkit.local, {}],
  mergeShards: [netkit.mergeShards, { files: ['/nowhere/part.jsonl'] }],
  portscan: [netkit.portscan, { targets: '127.0.0.1', ports: 9 }],
  rawHttp: [netkit.rawHttp, { url: 'http://127.0.0.1:9/' }],
  resolve: [netkit.resolve, { names: '127.0.0.1' }],
  reverse: [netkit.reverse, { addresses: '127.0.0.1', servers: '127.0.0.1:9' }],
  smtpSend: [netkit.smtpSend, { server: '127.0.0.1:9', quitAfter: 'ehlo' }],
} as const satisfies Record<string, readonly [unknown, object]>

type Loose = (options?: unknown) => PromiseLike<unknown>
const runs = Object.entries(RUNS).map(
  ([name, [run, least]]) => [name, run as unknown as Loose, least as object] as const,
)
const aborted = AbortSignal.abort()

/** The names that a function says it knows. */
async function optionsOf(run: Loose, least: object): Promise<string[]> {
  const refused = await Promise.resolve(run({ ...least, nonsense: 1 })).then(
    () => expect.unreachable('nonsense was taken'),
    (error: unknown) => error,
  )
  const [, list = ''] = /there is no option "nonsense"; there are (.*)$/.exec(String(refused)) ?? []
  return list.split(', ')
}

describe.each(runs)('%s', (name, run, least) => {
  test('runs with nothing but what it must be given', async () => {
    await expect(Promise.resolve(run({ ...least, signal: aborted }))).resolves.toHaveProperty('ok')
  })

  test.each([
    ['null', null],
    ['a text', 'localhost'],
    ['a list', []],
    ['a misspelt name', { ...least, tagrets: 'x' }],
    ['a signal that is none', { ...least, signal: {} }],
    ['a deadline that is none', { ...least, deadlineMs: Number.NaN }],
    ['a deadline that is a text', { ...least, deadlineMs: '5s' }],
    ['a deadline below zero', { ...least, deadlineMs: -1 }],
  ])('rejects with UsageError for %s, in a loop too', async (_what, options) => {
    await expect(Promise.resolve(run(options))).rejects.toThrow(UsageError)
    const looped = async () => {
      for await (const event of run(options) as unknown as AsyncIterable<unknown>) expect.unreachable(String(event))
    }
    await expect(looped()).rejects.toThrow(`${name}: `)
  })

  test('whatever an option is given, it is taken or refused with UsageError', async () => {
    const names = await optionsOf(run, least)
    expect(names.length).toBeGreaterThan(1)
    // Nothing that would name a file to be made, or a peer that is not this machine.
    const values = fc.oneof(
      fc.constantFrom(
        null,
        true,
        false,
        0,
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 40,
        '',
        ' ',
        '\0',
        '::',
      ),
      fc.constantFrom<unknown>([], [[]], [null], [undefined], {}, { kind: 'x' }, Symbol('x'), () => {}, /x/, 10n),
      fc.constantFrom<unknown>(new Uint8Array(2), new Date(0), new Map(), Object.create(null), Promise.resolve()),
    )
    const property = fc.asyncProperty(fc.constantFrom(...names), values, async (option, value) => {
      const files = ['outputFile', 'recordFile', 'resume', 'path', 'directory'].includes(option)
      fc.pre(!(files && typeof value === 'string'))
      const settled = Promise.resolve(
        run({
          signal: aborted,
          ...least,
          [option]: value,
          ...(option !== 'signal' && { signal: aborted }),
          deadlineMs: 1000,
        }),
      )
      const outcome = await settled.catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome, `${option}: ${outcome.stack}`).toBeInstanceOf(UsageError)
      else expect(outcome).toHaveProperty('ok')
    })
    await fc.assert(property, { numRuns: 150 })
  })
})

describe.each([
  ['connectEx', netkit.connectEx],
  ['dial', netkit.dial],
  ['lookup', (host: string, _port: number, options: object) => netkit.lookup(host, options)],
] as const)('%s', (_name, call) => {
  const loose = call as (host: unknown, port: unknown, options: unknown) => Promise<unknown>

  test.each([
    ['a host that is none', 5, 9, {}],
    ['no host', undefined, 9, {}],
    ['a misspelt option', '127.0.0.1', 9, { timeout: 5 }],
    ['a time below zero', '127.0.0.1', 9, { timeoutMs: -1 }],
    ['a time that is none', '127.0.0.1', 9, { timeoutMs: '1' }],
    ['options that are none', '127.0.0.1', 9, null],
    ['a family that is none', '127.0.0.1', 9, { family: 5 }],
    ['a signal that is none', '127.0.0.1', 9, { signal: 1 }],
  ])('rejects with UsageError for %s', async (_what, host, port, options) => {
    await expect(loose(host, port, options)).rejects.toThrow(UsageError)
  })
})

test.each([
  ['a port beyond', { targets: '127.0.0.1', ports: 70_000 }, 'ports'],
  ['a hole in a list of ports', { targets: '127.0.0.1', ports: [undefined] }, 'ports'],
  ['a source that is no address', { targets: '127.0.0.1', sourceAddress: 'localhost' }, 'sourceAddress'],
  ['a shard beyond', { targets: '127.0.0.1', shard: { index: 3, count: 2 } }, 'index'],
  ['an expectation that is none', { targets: '127.0.0.1', expect: { opne: 22 } }, 'opne'],
])('portscan names the argument of %s', async (_what, options, argument) => {
  await expect(Promise.resolve(netkit.portscan(options as never))).rejects.toMatchObject({
    name: 'UsageError',
    argument,
  })
})

test('misuse that nobody awaits at once is an unhandled rejection of its caller, and of nobody else', async () => {
  const seen: unknown[] = []
  const onUnhandled = (reason: unknown) => seen.push(reason)
  process.on('unhandledRejection', onUnhandled)
  const run = netkit.portscan({ targets: '127.0.0.1', deadlineMs: Number.NaN })
  await expect(Promise.resolve(run)).rejects.toThrow(UsageError)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onUnhandled)
  expect(seen).toEqual([])
})
