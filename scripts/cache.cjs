// Writes dist/cli.cache: V8's own form of the bundle, with the functions that a short run needs already compiled, so
// that a start need not compile them. Under another build of Node the launcher does without.
const { writeFileSync } = require('node:fs')
const { cacheFile, load } = require('../bin/load.js')

const { script, exports: cli } = load(null)
const nowhere = {
  isTTY: false,
  columns: 80,
  failure: null,
  behind: false,
  write: () => {},
  drained: () => undefined,
  flushed: async () => {},
}
const run = (argv) =>
  cli.main({
    argv,
    env: {},
    stdout: nowhere,
    stderr: nowhere,
    onStopSignal: () => {},
    leave: () => {},
    onStdoutClosed: () => {},
  })

async function warm() {
  // Misuse goes all the way but to the network.
  for (const argv of [
    ['connect', '-z', 'localhost', '0'],
    ['portscan', 'localhost', '0'],
    ['errno', '1'],
  ])
    await run(argv)
  writeFileSync(cacheFile.path, cacheFile.seal(script.createCachedData()))
}
warm()
