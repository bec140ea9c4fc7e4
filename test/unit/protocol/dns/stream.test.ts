import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { frameMessage, MessageAssembler } from '../../../../src/protocol/dns/wire/stream.js'

test('a message goes with its length before it', () => {
  expect(frameMessage(new Uint8Array(0x102)).subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 0))
  expect(frameMessage(new Uint8Array(65535))).toHaveLength(65537)
  expect(() => frameMessage(new Uint8Array(65536))).toThrow(UsageError)
})

test('a length may come in two reads', () => {
  const stream = new MessageAssembler()
  expect(stream.push(Uint8Array.of(0))).toEqual([])
  expect(stream.pendingBytes).toBe(1)
  expect(stream.push(Uint8Array.of(3, 7))).toEqual([])
  expect(stream.pendingBytes).toBe(3)
  expect(stream.push(Uint8Array.of(8, 9, 0))).toEqual([Uint8Array.of(7, 8, 9)])
  expect(stream.pendingBytes).toBe(1)
  expect(stream.push(Uint8Array.of(0))).toEqual([new Uint8Array(0)])
  expect(stream.pendingBytes).toBe(0)
})

test('any messages survive any cuts', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 })
  fc.assert(
    fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 300 })), (sent, lengths) => {
      const wire = Buffer.concat(sent.map(frameMessage))
      const stream = new MessageAssembler()
      const received: Uint8Array[] = []
      for (let at = 0; at < wire.length; ) {
        const length = lengths.next().value
        received.push(...stream.push(wire.subarray(at, at + length)))
        at += length
      }
      expect(received).toEqual(sent)
      expect(stream.pendingBytes).toBe(0)
    }),
  )
})

test('what is handed out is not touched again', () => {
  const stream = new MessageAssembler()
  const chunk = Uint8Array.of(0, 2, 1, 2)
  const [message] = stream.push(chunk)
  chunk.fill(0xff)
  stream.push(Uint8Array.of(0, 2, 3, 4))
  expect(message).toEqual(Uint8Array.of(1, 2))
})
