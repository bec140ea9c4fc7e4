// Builds dist/ where it is older than what it is made of. npm prepares a clone at each `npx netkit`, or at the first: what
// is built already must not be waited for again.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** When a file, or anything in a folder, changed last. A folder changes where something goes from it. */
function changedAt(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))))
}

// What a build writes last.
const builtAt = statSync('dist/schema.json', { throwIfNoEntry: false })?.mtimeMs ?? 0
const sources = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
if (sources.some((path) => changedAt(path) > builtAt)) await import('./build.mjs')
