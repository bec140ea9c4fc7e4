import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as netkit from '../../src/index.js'

/** What the package declares, as a program that imports it sees it. Needs a built dist/. */
const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const program = ts.createProgram([`${dist}index.d.ts`], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  strict: true,
  skipLibCheck: true,
})
const checker = program.getTypeChecker()
const source = program.getSourceFile(`${dist}index.d.ts`)
const module_ = source && checker.getSymbolAtLocation(source)
if (!module_) throw new Error('dist/index.d.ts is no module: npm run build')

const origin = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
const exported = new Map(checker.getExportsOfModule(module_).map((symbol) => [symbol.name, origin(symbol)]))
const known = new Set(exported.values())
/** How events are declared. What they make is evaluated by the compiler: nobody meets their names. */
const VOCABULARY = ['EventOf', 'ValueOf', 'TypeOf', 'Shape']

const isOurs = (symbol: ts.Symbol) =>
  symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(dist)) ?? false

/** Names of types that a declaration leads to and that the package keeps for itself. */
function unexported(symbol: ts.Symbol): string[] {
  const found: string[] = []
  const look = (node: ts.Node): void => {
    if (ts.isPrivateIdentifier(node)) return
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node) || ts.isImportTypeNode(node)) {
      const name = ts.isTypeReferenceNode(node)
        ? node.typeName
        : ts.isImportTypeNode(node)
          ? node.qualifier
          : node.expression
      const referred = name && checker.getSymbolAtLocation(name)
      const target = referred && origin(referred)
      const isParameter = target && target.flags & ts.SymbolFlags.TypeParameter
      if (target && !isParameter && isOurs(target) && !known.has(target) && !VOCABULARY.includes(target.name))
        found.push(target.name)
    }
    node.forEachChild(look)
  }
  for (const declaration of symbol.declarations ?? []) look(declaration)
  return found
}

describe.each([...exported])('%s', (_name, symbol) => {
  test('leads to no type that is not exported', () => {
    expect(unexported(symbol)).toEqual([])
  })

  test('says what it is', () => {
    expect(ts.displayPartsToString(symbol.getDocumentationComment(checker))).toMatch(/\w/)
  })
})

test('what is exported was chosen: nothing slips in or out unseen', () => {
  const values = [...exported].filter(([, symbol]) => symbol.flags & ts.SymbolFlags.Value).map(([name]) => name)
  expect(values.sort()).toEqual([
    'PortList',
    'TargetList',
    'UsageError',
    'codesNamed',
    'connect',
    'connectEx',
    'currentSystem',
    'describeCode',
    'dial',
    'entryByNumber',
    'errnoName',
    'errnoNumber',
    'errnosElsewhere',
    'explainErrno',
    'gaiNumber',
    'listCodes',
    'listen',
    'local',
    'lookup',
    'mergeShards',
    'parsePorts',
    'parseTargets',
    'portscan',
    'rawHttp',
    'readEarlier',
    'resolve',
    'reverse',
    'smtpSend',
    'unwrap',
  ])
})

test('there is no type without a bound: any reaches no user', () => {
  const any = [...exported].flatMap(([name, symbol]) => {
    const loose: string[] = []
    const look = (node: ts.Node): void => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) loose.push(name)
      node.forEachChild(look)
    }
    for (const declaration of symbol.declarations ?? []) look(declaration)
    return loose
  })
  expect(any).toEqual([])
})

const least = { to: '127.0.0.1:9' }
const OPTIONS = [
  ['ConnectProbeOptions', netkit.connect, least],
  ['ConnectWaitOptions', netkit.connect, { ...least, mode: 'wait', waitMs: 1 }],
  ['ConnectRepeatOptions', netkit.connect, { ...least, mode: 'repeat', count: 1 }],
  ['ConnectSessionOptions', netkit.connect, { ...least, mode: 'session' }],
  ['DialOptions', (options: object) => netkit.dial('127.0.0.1', 9, options), {}],
  ['DialOptions', (options: object) => netkit.connectEx('127.0.0.1', 9, options), {}],
  ['ExplainErrnoOptions', netkit.explainErrno, {}],
  ['ListenOptions', netkit.listen, {}],
  ['LocalOptions', netkit.local, {}],
  ['LookupOptions', (options: object) => netkit.lookup('127.0.0.1', options), {}],
  ['MergeShardsOptions', netkit.mergeShards, { files: ['x'] }],
  ['PortscanOptions', netkit.portscan, { targets: '127.0.0.1' }],
  ['RawHttpOptions', netkit.rawHttp, { url: 'http://127.0.0.1:9' }],
  ['ResolveOptions', netkit.resolve, { names: '127.0.0.1' }],
  ['ReverseOptions', netkit.reverse, { addresses: '127.0.0.1' }],
  ['SmtpSendOptions', netkit.smtpSend, { server: '127.0.0.1:9', quitAfter: 'ehlo' }],
] as const

test.each(OPTIONS)('%s has the options that the function knows, and no other', async (name, call, given) => {
  const loose = call as unknown as (options: object) => PromiseLike<unknown>
  const refused: unknown = await Promise.resolve(loose({ ...given, nonsense: 1 })).catch((error: unknown) => error)
  const [, list = ''] = /there is no option "nonsense"; there are (.*)$/.exec(String(refused)) ?? []
  const symbol = exported.get(name)
  const declared = symbol ? checker.getDeclaredTypeOfSymbol(symbol).getProperties() : []
  expect(list.split(', ').sort()).toEqual(declared.map((property) => property.name).sort())
})
