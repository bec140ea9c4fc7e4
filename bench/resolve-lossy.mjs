// 10,000 names of a server behind a link that delays and loses packets: netkit, as it is and with --retries, beside massdns
// with as many in flight. dig asks one name after another there: 200 s, and 5 s more for each packet that is lost.
//   node bench/resolve-lossy.mjs [rounds]
// Needs a built dist/, Debian's nsd, and what the lab needs; massdns is left out where it is missing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLab, TARGET, whyNoLab } from './lab/index.mjs'
import { has, measure, median, table } from './measure.mjs'
import { ANSWER, startNsd } from './nsd.mjs'

const NAMES = 10_000
const rounds = Number(process.argv[2] ?? 3)
const why = whyNoLab() ?? (has('nsd') ? null : 'nsd is not installed')
if (why) {
  console.error(`nothing to measure in: ${why}`)
  process.exit(1)
}

const directory = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
const path = (name) => join(directory, name)
const hosts = Array.from({ length: NAMES }, (_, i) => `n${i}`)
writeFileSync(path('names'), hosts.map((host) => `${host}.bench.example\n`).join(''))
writeFileSync(path('resolvers'), `${TARGET}:53\n`)

const netkit = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const ask = [process.execPath, netkit, 'resolve', '--names', path('names'), '-t', 'A', '--short', '--server', TARGET]
const runs = {
  netkit: ask,
  'netkit --retries 2': [...ask, '--retries', '2'],
  ...(has('massdns') && {
    'massdns -s 100': [
      'massdns',
      '-q',
      '-r',
      path('resolvers'),
      '--root',
      '-t',
      'A',
      '-o',
      'S',
      '-s',
      '100',
      path('names'),
    ],
  }),
}

const rows = []
for (const lossPercent of [0, 0.5, 1, 5]) {
  const lab = await openLab({ delayMs: 10, lossPercent })
  let server = null
  try {
    server = await startNsd({ directory, address: TARGET, hosts, within: lab.beyond })
    for (const [name, command] of Object.entries(runs)) {
      // Where a loss costs 5 s once is enough.
      const times = name.includes('--retries') ? 1 : rounds
      const results = []
      for (let round = 0; round < times; round++) results.push(await measure(lab.inside(command)))
      const lost = results.map(({ stdout }) => NAMES - (stdout.match(ANSWER)?.length ?? 0))
      const seconds = median(results.map(({ elapsedMs }) => elapsedMs)) / 1000
      rows.push([`${lossPercent}%`, name, `${seconds.toFixed(1)} s`, Math.max(...lost)])
    }
  } finally {
    server?.kill()
    await lab.close()
  }
}
rmSync(directory, { recursive: true })
console.log(`\n${NAMES} names, 10 ms each way, medians of ${rounds} rounds; Node ${process.version}\n`)
console.log(table(['loss each way', 'by', 'wall', 'lost'], rows))
