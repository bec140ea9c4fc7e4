import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ListenersNamespace } from '../../helpers/listeners.js'
import { whyNoNamespaces } from '../../helpers/namespace.js'

const why = whyNoNamespaces()

describe(`open are the ports on which the kernel listens, scan after scan${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let listeners: ListenersNamespace | undefined
  beforeAll(async () => {
    if (why !== null) return
    listeners = new ListenersNamespace()
    await listeners.open()
  })
  afterAll(() => listeners?.close())

  // The range holds every ephemeral port: each of them is met by its own socket sooner or later.
  test.for([
    ['syscall', 10, '8192'],
    ['net', 10, '8192'],
    ['syscall', 2, '64'],
    ['net', 1, '64'],
  ] as const)('engine %s, %i times, %s descriptors', { timeout: 600_000 }, async ([engine, runs, limit], { skip }) => {
    if (!listeners) return skip(why ?? '')
    const expected = listeners.listening()
    for (let run = 0; run < runs; run++) expect(await listeners.scan(engine, limit)).toEqual(expected)
  })
})
