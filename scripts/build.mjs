// Builds dist/: the command as CommonJS bundles (fast to start), the library as plain ES modules with types, and the
// JSON Schema of --json, collected from the commands.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
process.chdir(root)
rmSync('dist', { recursive: true, force: true })

const shared = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Names stay readable in stack traces; white space only costs parsing.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  external: ['koffi', 'nodemailer', 'postal-mime'],
  logLevel: 'warning',
}
const script = {
  ...shared,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  // import() needs a loader that a script from V8's cache does not have, and a thread starts sooner without; require it is.
  supported: { 'dynamic-import': false },
}
// Data is read when it is needed, from beside the code that reads it: the bundles' folder and the module's own.
for (const folder of ['dist', 'dist/core/ports']) {
  mkdirSync(folder, { recursive: true })
  copyFileSync('src/core/ports/service-registry.txt', `${folder}/service-registry.txt`)
}
/** Has imports whose path `matches` load the bundle beside this one instead. */
const leaveOut = (matches, bundle) => ({
  name: `leave out for ${bundle}`,
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./ }, (found) => (matches(found) ? { path: bundle, external: true } : undefined)),
})
const isHelp = ({ path, kind }) => path === './help.js' && kind === 'dynamic-import'
const isOtherCommand =
  (name) =>
  ({ importer, path }) =>
    importer === join(root, 'src/cli/commands/index.ts') && path !== '../command.js' && path !== `./${name}/command.js`
const buildCli = (bundle, ...plugins) =>
  build({
    ...script,
    entryPoints: { [bundle]: 'src/cli/index.ts' },
    // What finds the worker beside the bundle, as it does beside the library's modules.
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [leaveOut(isHelp, './help.cjs'), ...plugins],
  })
await buildCli('cli')
const { commands, schema } = require('../dist/cli.cjs')
// A bundle for each: it loads in a third of the time that all of them take.
for (const { name } of await commands()) await buildCli(`cli-${name}`, leaveOut(isOtherCommand(name), './cli.cjs'))
await build({
  ...script,
  entryPoints: { help: 'src/cli/help.ts' },
  // Its ES module build wraps help in the middle of words.
  alias: { yargs: require.resolve('yargs') },
})
await build({ ...script, entryPoints: ['src/operations/portscan/engine/scan-worker.ts'] })
await build({ ...script, entryPoints: ['src/operations/listen/smtp/decode/decode-worker.ts'] })

const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
})
if (tsc.status !== 0) process.exit(tsc.status ?? 1)

const cache = spawnSync(process.execPath, ['scripts/cache.cjs'], { stdio: 'inherit' })
if (cache.status !== 0) process.exit(cache.status ?? 1)

writeFileSync('dist/schema.json', `${JSON.stringify(await schema(), null, 2)}\n`)
