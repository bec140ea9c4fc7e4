// Looks through every regular expression in src for one that a peer could make take more than linear time: nested or
// overlapping repetition, and repetition that is tried anew from each place of a text. Fails where it finds one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkSync } from 'recheck'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../src/', import.meta.url))
const TIMEOUT_MS = 20_000

/** What the check cannot judge, or judges for texts that never come; by file and expression, with the reason. */
const EXEMPT = new Map([
  ['core/text/digits.ts /\\B(?=(?:\\d{3})+$)/g', 'the digits of a number of ours'],
  ['net/listen/bind.ts /^::ffff:(?=\\d+\\.\\d+\\.\\d+\\.\\d+$)/i', 'an address of this machine'],
  ['net/system/resolver-config.ts /[\\r\\v\\f]+$/', 'a line of a file of this machine'],
  ['operations/resolve/expect.ts /"((?:[^"\\\\]|\\\\.)*)"/g', 'strings as we wrote them, each with its end'],
  ['operations/smtp-send/message/content.ts /^[^\\s:]+(?=:)/', 'bound to the beginning, and one character ahead'],
  ['protocol/http/body/chunk-line.ts /^0+(?=.)/', 'bound to the beginning, and one character ahead'],
  ['protocol/http/body/framing.ts /^0+(?=\\d)/', 'bound to the beginning, and one character ahead'],
  [
    "protocol/dns/wire/name.ts /^(?:[!#%&'*+,\\-/0-9:<=>?A-Z[\\]^_`a-z{|}~]{1,63}(?:\\.|$))+$/",
    'labels part at dots, which stand in none; too many states for the check',
  ],
])

/** Made of parts that are constants of their files; each is written out where it stands, and bound to both its ends. */
const MADE = new Set([
  'cli/commands/connect/session-options.ts', // the user's own
  'cli/commands/raw-http/values.ts', // the user's own
  'core/address/address.ts',
  'core/ports/services.ts', // runs over our own registry
  'protocol/http/body/chunk-line.ts',
  'protocol/smtp/mailbox.ts',
])

const found = []
const unused = new Set(EXEMPT.keys())
let count = 0
for (const path of readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).sort()) {
  if (!path.endsWith('.ts')) continue
  const file = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest)
  visit(file, file, path.replaceAll('\\', '/'))
}
for (const name of unused) found.push(`${name}: is exempt and not there any more`)
for (const line of found) console.error(line)
if (found.length > 0) process.exitCode = 1
else console.log(`${count} regular expressions take linear time`)

function visit(node, file, path) {
  if (ts.isRegularExpressionLiteral(node)) judge(node.getText(file), path)
  if (ts.isNewExpression(node) && node.expression.getText(file) === 'RegExp' && !MADE.has(path))
    found.push(`${path}: ${node.getText(file)}: write it as a literal, which can be checked`)
  node.forEachChild((child) => visit(child, file, path))
}

function judge(text, path) {
  count++
  if (unused.delete(`${path} ${text}`) || EXEMPT.has(`${path} ${text}`)) return
  const end = text.lastIndexOf('/')
  const { status, complexity, error } = checkSync(text.slice(1, end), text.slice(end + 1), {
    checker: 'automaton',
    timeout: TIMEOUT_MS,
  })
  if (status !== 'safe') found.push(`${path} ${text}: ${complexity?.summary ?? error?.kind ?? status}`)
}
