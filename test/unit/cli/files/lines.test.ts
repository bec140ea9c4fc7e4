import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readLines } from '../../../../src/cli/files/lines.js'

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function linesOf(text: string, size = 1000): Promise<string[]> {
  const lines: string[] = []
  for await (const some of readLines(cut(Buffer.from(text), size))) lines.push(...some)
  return lines
}

it.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\n\nb', ['a', '', 'b']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['a\rb\n', ['a\rb']],
  ['\ufeffa\n', ['a']],
])('%j', async (text, expected) => {
  expect(await linesOf(text)).toEqual(expected)
})

it('finds the same lines wherever the chunks are cut, between the octets of a character too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'ü', '€', '😀', '\n', '\r\n')),
      fc.integer({ min: 1, max: 5 }),
      async (parts, size) => {
        const text = parts.join('')
        expect(await linesOf(text, size)).toEqual(await linesOf(text))
      },
    ),
  )
})
