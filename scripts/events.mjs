// What docs/events.md says: each event of `--json` and of the library, from the one place that declares it. What a field
// holds is in its shape, what it means in the comment above it.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The page, in Markdown. `markdown` has the ways of writing that all pages share. */
export function eventPage(commands, markdown) {
  const { code, table, text } = markdown
  const meanings = readMeanings(commands.map(({ name }) => name))
  const section = ({ name, events, result }) => {
    const told = meanings.get(name)
    const rows = (fields, documented) =>
      Object.entries(fields).flatMap(([field, shape]) => {
        const meaning = text(documented.get(field) ?? '')
        if (shape.kind !== 'bytes') return [[code(field), text(holds(shape)), meaning]]
        const rest = `${meaning} As UTF-8; null where it is none.`.trim()
        return [
          [code('data'), 'text or null', rest],
          [code('dataBase64'), 'text or null', 'In base64, where `data` is null. The library has both as `bytes`.'],
        ]
      })
    const part = (type, fields, { meaning, fields: documented }) =>
      [`### ${name} ${code(type)}`, text(meaning), table(['field', 'holds', 'meaning'], rows(fields, documented))]
        .filter((each) => each !== '')
        .join('\n\n')
    return [
      `## ${name}`,
      ...Object.entries(events).map(([type, fields]) => part(type, fields, told.events.get(type))),
      part('result', result, told.result),
    ].join('\n\n')
  }
  return `${[
    '# Events',
    'Written by `npm run readme` from where they are declared, `src/operations/*/events.ts`; do not edit.',
    'What a run tells while it goes on: the lines of `--json`, and what a loop over a run of the library is given. `result`\n' +
      'is the last line, and the value of the outcome in the library; the fields that every result has besides stand in\n' +
      '[exit-codes-and-json.md](exit-codes-and-json.md). No field is ever missing: what is absent is null.',
    commands.map(({ name }) => `[${name}](#${name})`).join(' · '),
    ...commands.map(section),
  ].join('\n\n')}\n`
}

/** What a field holds, in words. */
function holds(shape) {
  switch (shape.kind) {
    case 'port':
      return 'port'
    case 'pair':
      return '[name, value]'
    case 'record':
      return 'object'
    case 'oneOf':
      return shape.values.join(', ')
    case 'nullable':
    case 'known':
      return `${holds(shape.of)} or null`
    case 'array':
      return `list of ${holds(shape.of)}`
    case 'object':
      return `{ ${Object.entries(shape.fields)
        .map(([name, of]) => `${name}: ${holds(of)}`)
        .join('; ')} }`
    default:
      return shape.kind
  }
}

/** By command: the comments on its events and their fields, and on the fields of its result. */
function readMeanings(names) {
  const paths = new Map(names.map((name) => [name, `${root}src/operations/${name}/events.ts`]))
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root)
  const program = ts.createProgram([...paths.values()], options)
  const checker = program.getTypeChecker()
  const meaningOf = (symbol) =>
    ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim()
  const fieldsOf = (symbol) =>
    new Map(
      checker
        .getTypeOfSymbol(symbol)
        .getProperties()
        .map((field) => [field.name, meaningOf(field)]),
    )
  return new Map(
    [...paths].map(([name, path]) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(path))
      const exported = (ending) => checker.getExportsOfModule(module).find((symbol) => symbol.name.endsWith(ending))
      const events = checker.getTypeOfSymbol(exported('Events')).getProperties()
      return [
        name,
        {
          events: new Map(events.map((event) => [event.name, { meaning: meaningOf(event), fields: fieldsOf(event) }])),
          result: { meaning: '', fields: fieldsOf(exported('Result')) },
        },
      ]
    }),
  )
}
