import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

/** Takes all descriptors but so many, and looks a name up. */
const SCRIPT = `
import { closeSync, openSync } from 'node:fs'
import { lookup } from ${JSON.stringify(LIBRARY)}
const taken = []
try {
  for (;;) taken.push(openSync('/dev/null'))
} catch {}
for (const descriptor of taken.splice(0, Number(process.argv[1]))) closeSync(descriptor)
const outcome = await lookup('nosuch.invalid', { timeoutMs: 20000 })
for (const descriptor of taken) closeSync(descriptor)
console.log(JSON.stringify(outcome.failure))
`

describe.skipIf(process.platform === 'win32')('looking a name up without descriptors', () => {
  it.each([0, 1])('is a failure of this machine, and says nothing of the name: %i left', (left) => {
    const command = [
      '-c',
      'ulimit -n 512; exec "$0" --input-type=module -e "$1" "$2"',
      process.execPath,
      SCRIPT,
      `${left}`,
    ]
    const { stdout, stderr } = spawnSync('sh', command, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ code: 'EMFILE', origin: 'os', phase: 'lookup', syscall: 'getaddrinfo' })
  })
})
