import { mkdir, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type {
  Attempt,
  Certificate,
  ConnectClosedEvent,
  ConnectSummary,
  Failure,
  ListenMailEvent,
  Outcome,
  PortscanEvent,
  PortscanHostEvent,
  PortscanOptions,
  PortscanPortEvent,
  PortscanSummary,
  RawHttpBytesEvent,
  RawHttpResponseEvent,
  ResolveServerEvent,
  ReverseEvent,
  Run,
  RunOptions,
  SmtpRecipientEvent,
  TlsReport,
} from '../../src/index.js'
import * as netkit from '../../src/index.js'
import { folder } from '../helpers/folder.js'

/** What is written in these is looked at by the compiler: `npm run types` fails where a type has become another. */
describe('the types of the library', () => {
  test('a run is looped over for its events and awaited for its outcome', () => {
    expectTypeOf(netkit.portscan).returns.toEqualTypeOf<Run<PortscanEvent, PortscanSummary>>()
    expectTypeOf<Awaited<Run<PortscanEvent, PortscanSummary>>>().toEqualTypeOf<Outcome<PortscanSummary>>()
    const looped = async (run: Run<PortscanEvent, PortscanSummary>) => {
      for await (const event of run) expectTypeOf(event).toEqualTypeOf<PortscanEvent>()
      const outcome = await run
      if (outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<PortscanSummary>()
      else expectTypeOf(outcome).toHaveProperty('failure').toEqualTypeOf<Failure>()
    }
    expectTypeOf(looped).returns.toEqualTypeOf<Promise<void>>()
  })

  test('the type of an event says which fields it has', () => {
    const told = (event: PortscanEvent) => {
      if (event.type === 'port') {
        expectTypeOf(event).toEqualTypeOf<PortscanPortEvent>()
        expectTypeOf(event.state).toEqualTypeOf<'open' | 'closed' | 'filtered'>()
        expectTypeOf(event.rttMs).toEqualTypeOf<number | null>()
      }
      if (event.type === 'host') expectTypeOf(event).toEqualTypeOf<PortscanHostEvent>()
    }
    expectTypeOf(told).parameter(0).toEqualTypeOf<PortscanEvent>()
    expectTypeOf<PortscanEvent['type']>().toEqualTypeOf<'engine' | 'port' | 'host' | 'progress' | 'broken' | 'change'>()
  })

  test('fields are what the documentation of JSON says, read-only and never missing', () => {
    expectTypeOf<Attempt>().toEqualTypeOf<{
      readonly address: string
      readonly port: number
      readonly ok: boolean
      readonly code: string | null
      readonly errno: number | null
      readonly origin: netkit.Origin | null
      readonly syscall: string | null
      readonly elapsedMs: number
    }>()
    expectTypeOf<RawHttpBytesEvent['type']>().toEqualTypeOf<'body' | 'wire' | 'rest'>()
    expectTypeOf<RawHttpBytesEvent['bytes']>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<RawHttpResponseEvent['headers']>().toEqualTypeOf<readonly (readonly [string, string])[]>()
    expectTypeOf<ConnectClosedEvent['closedBy']>().toEqualTypeOf<'peer' | 'self' | null>()
    expectTypeOf<ListenMailEvent['refused'][number]>().toEqualTypeOf<{
      readonly address: string
      readonly replyCode: number
    }>()
    expectTypeOf<ResolveServerEvent['attempts']>().toEqualTypeOf<readonly Attempt[]>()
    expectTypeOf<SmtpRecipientEvent['stage']>().toEqualTypeOf<netkit.SmtpStage | null>()
    expectTypeOf<TlsReport['chain']>().toEqualTypeOf<readonly Certificate[]>()
    expectTypeOf<PortscanSummary['seed']>().toEqualTypeOf<number>()
    expectTypeOf<ConnectSummary['statistics']>().toEqualTypeOf<netkit.Statistics | null>()
    expectTypeOf<Extract<ReverseEvent, { type: 'progress' }>['total']>().toEqualTypeOf<number | null>()
  })

  test('options may be left out, but for what a run is about', () => {
    expectTypeOf<RequiredOf<PortscanOptions>>().toEqualTypeOf<'targets'>()
    expectTypeOf<RequiredOf<netkit.RawHttpOptions>>().toEqualTypeOf<'url'>()
    expectTypeOf<RequiredOf<netkit.ReverseOptions>>().toEqualTypeOf<'addresses'>()
    expectTypeOf<RequiredOf<netkit.ConnectProbeOptions>>().toEqualTypeOf<'to'>()
    expectTypeOf<RequiredOf<netkit.ConnectWaitOptions>>().toEqualTypeOf<'to' | 'mode' | 'waitMs'>()
    expectTypeOf<RequiredOf<netkit.ListenOptions>>().toEqualTypeOf<never>()
    expectTypeOf<RequiredOf<netkit.ResolveOptions>>().toEqualTypeOf<never>()
    expectTypeOf<RequiredOf<netkit.SmtpSendOptions>>().toEqualTypeOf<never>()
    expectTypeOf<RequiredOf<RunOptions>>().toEqualTypeOf<never>()
  })

  test('what does not go is refused by the compiler too', () => {
    const never = () => {
      // @ts-expect-error a misspelt option
      netkit.portscan({ tagrets: 'localhost' })
      // @ts-expect-error a wait without its time
      netkit.connect({ to: 'localhost:1', mode: 'wait' })
      // @ts-expect-error several endpoints for one session
      netkit.connect({ to: ['localhost:1'], mode: 'session' })
      // @ts-expect-error a number where a text is wanted
      netkit.resolve({ names: 5 })
      // @ts-expect-error a mode that there is not
      netkit.listen({ mode: 'ehco' })
    }
    expect(never).toBeTypeOf('function')
  })
})

type RequiredOf<Options> = {
  [Name in keyof Options]-?: object extends Pick<Options, Name> ? never : Name
}[keyof Options]

test.each([
  ['node10', ts.ModuleResolutionKind.Node10],
  ['nodenext', ts.ModuleResolutionKind.NodeNext],
  ['bundler', ts.ModuleResolutionKind.Bundler],
])('a program finds the types by module resolution %s', async (_name, moduleResolution) => {
  const at = folder()
  await mkdir(at('node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), at('node_modules/netkit'))
  const { resolvedModule } = ts.resolveModuleName('netkit', at('main.ts'), { moduleResolution }, ts.sys)
  expect(resolvedModule?.resolvedFileName).toMatch(/\/dist\/index\.d\.ts$/)
})
