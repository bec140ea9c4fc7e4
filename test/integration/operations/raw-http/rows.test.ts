import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { expectation } from '../../../unit/protocol/http/decoded.js'
import type { Result } from '../../../unit/protocol/http/table/row.js'
import { rows } from '../../../unit/protocol/http/table/rows.js'
import { answering, get, ofType, optionsFor, run } from './run.js'

const EXIT: Record<Result, number> = { ok: 0, deviates: 0, incomplete: 7, malformed: 7 }
const STRICT: Record<Result, number> = { ok: 0, deviates: 7, incomplete: 7, malformed: 7 }
/** Longer ones are about limits; the codec's own tests cut them anywhere. */
const BYTE_BY_BYTE = 2000

describe('the rows of the codec, through a socket', () => {
  for (const row of rows) {
    const { wire, expected } = expectation(row)

    it(`${row.name}, in one piece`, async () => {
      const port = await answering((socket) => void socket.end(wire))
      const options = optionsFor(port, { request: get(row.method) })
      const plain = await run(options)
      expect(exitCodeFor(plain.outcome), JSON.stringify(plain.outcome)).toBe(EXIT[row.result])
      expect(plain.body).toBe(expected.body)
      const found = ofType(plain.events, 'anomaly').map(({ offset, rule }) => `${offset} ${rule}`)
      expect(found.toSorted()).toEqual(expected.anomalies.toSorted())
      const offsets = found.map((text) => Number.parseInt(text, 10))
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))

      const strict = await run({ ...options, strict: true })
      expect(exitCodeFor(strict.outcome)).toBe(STRICT[row.result])
    })

    if (wire.length > BYTE_BY_BYTE) continue
    it(`${row.name}, byte by byte`, async () => {
      const port = await answering(async (socket) => {
        for (let at = 0; at < wire.length && !socket.destroyed; at++) {
          socket.write(wire.subarray(at, at + 1))
          await turn()
        }
        socket.end()
      })
      const { outcome, body } = await run(optionsFor(port, { request: get(row.method), strict: true }))
      expect(exitCodeFor(outcome), JSON.stringify(outcome)).toBe(STRICT[row.result])
      expect(body).toBe(expected.body)
    })
  }
})
