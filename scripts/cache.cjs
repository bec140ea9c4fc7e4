// Writes a cache beside each bundle of the command: V8's own form of it, with the functions that a short run needs
// already compiled, so that a start need not compile them. Under another build of Node the launcher does without.
const { createSocket } = require('node:dgram')
const { once } = require('node:events')
const { readdirSync, rmSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:http')
const { join } = require('node:path')
const { cacheFile, load, sealCache } = require('../bin/load.js')

const dist = join(__dirname, '..', 'dist')
const nowhere = {
  isTTY: false,
  columns: 80,
  failure: null,
  behind: false,
  write: () => {},
  drained: () => undefined,
  flushed: async () => {},
}

/** Short runs, all on loopback: an ordinary one where a command has one that is short, misuse where it has not. */
async function shortRuns() {
  const http = createServer((_, response) => response.end('hello\n')).listen(0, '127.0.0.1')
  const dns = createSocket('udp4').on('message', answer).bind(0, '127.0.0.1')
  await Promise.all([once(http, 'listening'), once(dns, 'listening')])
  const names = join(dist, 'names')
  writeFileSync(names, 'a.example\n'.repeat(500))
  const { port } = http.address()
  const server = ['--server', `127.0.0.1:${dns.address().port}`]
  const runs = {
    connect: [['-z', '127.0.0.1', `${port}`]],
    errno: [['1']],
    local: [[]],
    portscan: ['net', 'syscall'].map((engine) => ['127.0.0.1', `${port}`, '--engine', engine]),
    'raw-http': [[`http://127.0.0.1:${port}/`]],
    // Many names at once: the one run that is long because it is large.
    resolve: [['localhost'], ['--names', names, '--short', '-t', 'A', ...server]],
    reverse: [['127.0.0.1', ...server]],
  }
  const end = () => {
    http.close()
    dns.close()
    rmSync(names)
  }
  return { runs, end }
}

/** To one question one A record that points back to its name; OPT gives way to it. */
function answer(query, { port, address }) {
  const end = query.indexOf(0, 12) + 5
  const header = Buffer.from([query[0], query[1], 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0])
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])
  this.send(Buffer.concat([header, query.subarray(12, end), record]), port, address)
}

function run(cli, argv) {
  const environment = { argv, env: {}, stdout: nowhere, stderr: nowhere }
  return cli.main({ ...environment, onStopSignal: () => {}, leave: () => {}, onStdoutClosed: () => {} })
}

async function warm() {
  const { runs, end } = await shortRuns()
  for (const file of readdirSync(dist)) {
    const [, bundle, command] = /^(cli(?:-(.+))?)\.cjs$/.exec(file) ?? []
    if (!bundle) continue
    const { script, exports: cli } = load(bundle, null)
    if (!command) await run(cli, ['errno', '1'])
    else for (const argv of runs[command] ?? [['--misuse']]) await run(cli, [command, ...argv])
    writeFileSync(cacheFile(bundle), sealCache(script.createCachedData()))
  }
  end()
}

warm()
