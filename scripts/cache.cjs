// Writes dist/cli.cache: V8's own form of the bundle, with the functions that a short run needs already compiled, so
// that a start need not compile them. Under another build of Node the launcher does without.
const { createSocket } = require('node:dgram')
const { rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
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
  await warmResolve()
  writeFileSync(cacheFile.path, cacheFile.seal(script.createCachedData()))
}

/** Many names at once, in a file, from a name server on loopback: the one run that is long because it is large. */
async function warmResolve() {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    // One question, one A record that points back to its name; OPT gives way to it.
    const end = query.indexOf(0, 12) + 5
    const header = Buffer.from([query[0], query[1], 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0])
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])
    server.send(Buffer.concat([header, query.subarray(12, end), record]), port, address)
  })
  await new Promise((resolve) => server.bind(0, '127.0.0.1', resolve))
  const names = join(__dirname, '..', 'dist', 'names')
  writeFileSync(names, 'a.example\n'.repeat(500))
  await run(['resolve', '--names', names, '--short', '-t', 'A', '--server', `127.0.0.1:${server.address().port}`])
  rmSync(names)
  server.close()
}
warm()
