// Builds dist/: the command as one CommonJS bundle (fast to start), the library as plain ES modules with types, and the
// JSON Schema of --json, collected from the commands.
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
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
  external: ['koffi', 'nodemailer', 'postal-mime', 'smtp-server'],
  logLevel: 'warning',
}
const script = {
  ...shared,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  // import() needs a loader that a script from V8's cache does not have, and a thread starts sooner without; require it is.
  supported: { 'dynamic-import': false },
}
await build({
  ...script,
  entryPoints: { cli: 'src/cli/index.ts' },
  // Its ES module build wraps help in the middle of words.
  alias: { yargs: require.resolve('yargs') },
  // What finds the worker beside the bundle, as it does beside the library's modules.
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
})
await build({ ...script, entryPoints: ['src/operations/portscan/scan-worker.ts'] })

const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
})
if (tsc.status !== 0) process.exit(tsc.status ?? 1)

const cache = spawnSync(process.execPath, ['scripts/cache.cjs'], { stdio: 'inherit' })
if (cache.status !== 0) process.exit(cache.status ?? 1)

const { schema } = require('../dist/cli.cjs')
writeFileSync('dist/schema.json', `${JSON.stringify(await schema(), null, 2)}\n`)
