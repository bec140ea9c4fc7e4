import { describe, expect, it } from 'vitest'
import type { AnyCommand, View } from '../../../../src/cli/command.js'
import { FORMATS, isFormat, rendererFor } from '../../../../src/cli/render/formats.js'
import { linesRenderer } from '../../../../src/cli/render/renderer.js'
import type { Screen } from '../../../../src/cli/render/screen.js'
import { createTheme } from '../../../../src/cli/render/theme.js'
import { abortFailure } from '../../../../src/core/failure.js'
import { fail, ok } from '../../../../src/core/outcome.js'

interface Tick {
  readonly type: string
  readonly number: number
}

async function drawn() {
  const written: string[] = []
  const theme = await createTheme(false)
  const printer = (name: string) => ({
    theme,
    isTTY: false,
    columns: 80,
    line: (text: string) => void written.push(`${name} ${text}`),
    raw: (chunk: string | Uint8Array) => void written.push(`${name} ${String(chunk)}`),
  })
  const screen: Screen = {
    out: printer('out'),
    err: printer('err'),
    verbosity: 'normal',
    live: false,
    status: () => {},
    flush: () => {},
  }
  return { screen, written }
}

const pretend = (more: Partial<AnyCommand> = {}): AnyCommand =>
  ({
    name: 'pretend',
    result: { count: { kind: 'integer' } },
    view: ({ out }: Screen): View<Tick, unknown> => ({
      wants: (type) => type !== 'dull',
      event: ({ number }) => out.line(`tick ${number}`),
      end: ({ ok }) => out.line(ok ? 'all well' : 'not well'),
    }),
    ...more,
  }) as unknown as AnyCommand

const tick = { type: 'tick', number: 1 }
const failed = fail(abortFailure('options', 'interrupted'), 7)

describe('without a format', () => {
  it("the command's view draws, and a failure is told on stderr", async () => {
    const { screen, written } = await drawn()
    const renderer = rendererFor(null, { command: pretend(), screen, options: {} })
    expect([renderer.wants('tick'), renderer.wants('dull')]).toEqual([true, false])
    renderer.event(tick)
    await renderer.end(failed)
    expect(written).toEqual(['out tick 1', 'out not well', 'err netkit pretend: interrupted'])
  })

  it('what was refused before there were options is told all the same', async () => {
    const { screen, written } = await drawn()
    await rendererFor(null, { command: pretend(), screen, options: null }).end(failed)
    expect(written).toEqual(['err netkit pretend: interrupted'])
  })
})

describe('in a format of lines', () => {
  const fields = linesRenderer((each) => `<${Object.values(each).slice(0, 3).join(' ')}>`)

  it('each event and the result are a line, and nothing else is said', async () => {
    const { screen, written } = await drawn()
    const renderer = fields({ command: pretend(), screen, options: {} })
    renderer.event(tick)
    await renderer.end(failed)
    expect(renderer.wants('dull')).toBe(true)
    expect(written).toEqual(['out <tick 1>', 'out <result pretend false>'])
  })

  it('leaves out what the command leaves out, and shows what it shows beside', async () => {
    const { screen, written } = await drawn()
    const command = pretend({
      keepsEvent: ({ number }, { least }) => number >= least,
      beside:
        ({ err }) =>
        (event) =>
          err.line(`saw ${event.number}`),
    })
    const renderer = fields({ command, screen, options: { least: 2 } })
    renderer.event(tick)
    renderer.event({ ...tick, number: 2 } as Tick)
    expect(written).toEqual(['err saw 1', 'out <tick 2>', 'err saw 2'])
  })
})

describe('the table of formats', () => {
  it('has a line of help for each, and names that are flags', () => {
    for (const [name, { describe: text }] of Object.entries(FORMATS)) {
      expect(name).toMatch(/^[a-z]+$/)
      expect(text).toMatch(/^\S.*\S$/)
    }
  })

  it('knows its own names alone', () => {
    expect([isFormat('json'), isFormat('toString'), isFormat('')]).toEqual([true, false, false])
  })

  it.each(Object.keys(FORMATS).filter(isFormat))(
    '%s writes the event and the result of every command',
    async (name) => {
      const { screen, written } = await drawn()
      const renderer = rendererFor(name, { command: pretend(), screen, options: {} })
      renderer.event(tick)
      await renderer.end(ok({ count: 4 }, 1))
      expect(written.join('')).toMatch(/tick[\s\S]*pretend[\s\S]*4/)
    },
  )
})
