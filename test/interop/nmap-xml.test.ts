import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { netkit } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const run = promisify(execFile)
const HOST = '127.0.0.1'

async function services(): Promise<string> {
  const servers = [
    await listening((socket) => socket.end('220 <mail> & "more"\u0007\r\n')),
    await listening((socket) => socket.end(Buffer.from([0xff, 0x00, 0x1b]))),
    await listening(),
  ]
  return [...servers.map(({ port }) => port), await refusingPort(), '20001-20040'].join(',')
}

test.each([
  ['one address', [HOST], []],
  ['names and more', [`localhost,${HOST}`], ['--banner']],
  ['a network', ['127.0.0.0/30'], []],
  ['only what is open', [HOST], ['--show', 'open']],
  ['a name that does not resolve', [`no-such-host.invalid,${HOST}`], []],
])("the XML of %s is valid by nmap's own document type", async (_, targets, flags) => {
  const path = folder()('netkit.xml')
  await netkit(['portscan', ...targets, await services(), '--format', 'xml', '-o', path, ...flags])
  const checked = await run('xmllint', ['--noout', '--dtdvalid', '/usr/share/nmap/nmap.dtd', path])
  expect(checked.stderr).toBe('')
})

/** What libnmap reads from a report. */
const READER = `
import sys
from libnmap.parser import NmapParser
report = NmapParser.parse_fromfile(sys.argv[1])
for host in report.hosts:
    for port, protocol in sorted(host.get_ports()):
        print(host.address, host.status, port, protocol, host.get_service(port, protocol).state)
`

test("libnmap reads from it what it reads from nmap's own, and ndiff finds no other port", async () => {
  const file = folder()
  const list = await services()
  const nmap = ['-sT', '-Pn', '-n', '-T4', '-p', list, '-oX', file('nmap.xml'), HOST]
  await run('nmap', nmap)
  await netkit(['portscan', HOST, list, '--format', 'xml', '-o', file('netkit.xml')])
  writeFileSync(file('read.py'), READER)
  const [theirs, ours] = await Promise.all(
    ['nmap.xml', 'netkit.xml'].map((name) => run('/usr/bin/python3', [file('read.py'), file(name)])),
  )
  expect(ours?.stdout).toBe(theirs?.stdout)
  expect(ours?.stdout.match(/ open$/gm)).toHaveLength(3)

  // ndiff exits 1 where anything differs: the names of the programs do.
  const diff = await run('ndiff', [file('nmap.xml'), file('netkit.xml')]).catch((error: { stdout: string }) => error)
  // nmap's table of services calls thousands of ports "unknown", which is no difference.
  const only = (side: '-' | '+') =>
    [...diff.stdout.matchAll(/^([-+])(\d+\/tcp .*?)(?: +unknown)?$/gm)].flatMap(([, sign, port]) =>
      sign === side ? [port?.trim()] : [],
    )
  expect(only('-')).toEqual(only('+'))
})
