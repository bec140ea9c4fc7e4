import { describe, expect, it } from 'vitest'
import { HostsFile } from '../../../../src/net/system/hosts-file.js'
import { parseHostServices } from '../../../../src/net/system/name-service.js'
import { parseResolvConf } from '../../../../src/net/system/resolver-config.js'

describe('the hosts file', () => {
  const hosts = new HostsFile(
    '/etc/hosts',
    [
      '127.0.0.1 localhost loop # ours',
      '# 192.0.2.9 commented.example',
      '::1\tlocalhost ip6-localhost\r',
      '192.0.2.1   www.example   WWW',
      '010.0.0.1 octal.example',
      '192.0.2.2',
      '2001:DB8::1 six.example',
      '192.0.2.3 www.example',
    ].join('\n'),
  )
  it('is read line by line; comments, lines without a name and addresses that are none are passed over', () => {
    expect(hosts.entries.map(({ address, name }) => `${address} ${name}`)).toEqual([
      '127.0.0.1 localhost',
      '::1 localhost',
      '192.0.2.1 www.example',
      '2001:db8::1 six.example',
      '192.0.2.3 www.example',
    ])
  })
  it('finds by name and alias in any case, a final dot aside', () => {
    expect(hosts.ofName('WWW.example.').map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.3'])
    expect(hosts.ofName('www').map(({ name }) => name)).toEqual(['www.example'])
    expect(hosts.ofName('commented.example')).toEqual([])
  })
  it('finds by canonical address', () => {
    expect(hosts.ofAddress('2001:db8::1')[0]?.name).toBe('six.example')
    expect(hosts.ofAddress('127.0.0.1')[0]?.aliases).toEqual(['loop'])
  })
  it('is null where it cannot be read', () => {
    expect(HostsFile.read('/nonexistent/hosts')).toBeNull()
  })
})

describe('resolv.conf', () => {
  const LOCAL = [{ address: '127.0.0.1', port: 53 }]

  it.each([
    ['', { servers: LOCAL, search: [], ndots: 1, timeoutMs: 5000, attempts: 2 }],
    [
      'nameserver 192.0.2.53\nnameserver 2001:DB8::53',
      {
        servers: [
          { address: '192.0.2.53', port: 53 },
          { address: '2001:db8::53', port: 53 },
        ],
      },
    ],
    [
      'nameserver 1.256\n; nameserver 192.0.2.1\n#nameserver 192.0.2.2\nnameserver 192.0.2.3',
      {
        servers: [
          { address: '1.0.1.0', port: 53 },
          { address: '192.0.2.3', port: 53 },
        ],
      },
    ],
    ['nameserver 192.0.2.1\n'.repeat(5), { servers: Array(3).fill({ address: '192.0.2.1', port: 53 }) }],
    [' nameserver 192.0.2.1\n search a.example\n\tdomain a.example', { servers: LOCAL, search: [] }],
    ['nameserver 192.0.2.1#old\nnameserver [::1]:5353\nnameserver 192.0.2.1:53', { servers: LOCAL }],
    [
      'nameserver 192.0.2.1\r\nsearch a.example\r\n',
      { servers: [{ address: '192.0.2.1', port: 53 }], search: ['a.example\r'] },
    ],
    ['options timeout:2\r\n', { timeoutMs: 2000 }],
    ['search a.example\nsearch\nsearch \ndomain', { search: ['a.example'] }],
    ['domain a.example\nsearch b.example c.example', { search: ['b.example', 'c.example'] }],
    ['search b.example\ndomain a.example', { search: ['a.example'] }],
    ['options ndots:3 timeout:2 attempts:4 rotate', { ndots: 3, timeoutMs: 2000, attempts: 4 }],
    ['options ndots:99 timeout:99 attempts:99', { ndots: 15, timeoutMs: 30_000, attempts: 5 }],
    ['options ndots:x timeout:0 attempts:0', { ndots: 0, timeoutMs: 1000, attempts: 1 }],
  ])('%j', (text, expected) => {
    expect(parseResolvConf(text, '/etc/resolv.conf')).toMatchObject(expected)
  })
})

describe('search domains that resolv.conf leaves out', () => {
  it.each([
    ['', 'box.lab.example', ['lab.example']],
    ['', 'box', []],
    ['', 'box.', []],
    ['search .', 'box.lab.example', ['.']],
    ['search a.example', 'box.lab.example', ['a.example']],
  ])('%j on %s: %j', (text, hostName, search) => {
    expect(parseResolvConf(text, '/etc/resolv.conf', hostName)).toMatchObject({ search })
  })
  it('may be set in the environment, as options may', () => {
    const text = 'search a.example\noptions ndots:2'
    const read = (environment: NodeJS.ProcessEnv) => parseResolvConf(text, '/etc/resolv.conf', 'box', environment)
    expect(read({ LOCALDOMAIN: 'b.example', RES_OPTIONS: 'ndots:4' })).toMatchObject({
      search: ['b.example'],
      ndots: 4,
    })
    expect(read({ LOCALDOMAIN: '' })).toMatchObject({ search: [], ndots: 2 })
    expect(read({})).toMatchObject({ search: ['a.example'], ndots: 2 })
  })
})

describe('nsswitch.conf', () => {
  it.each([
    ['hosts: files dns', ['files', 'dns']],
    ['passwd: files\nhosts:\tfiles mdns4_minimal [NOTFOUND=return] dns # more', ['files', 'mdns4_minimal', 'dns']],
    ['passwd: files', ['files', 'dns']],
    ['', ['files', 'dns']],
  ])('%j', (text, expected) => {
    expect(parseHostServices(text)).toEqual(expected)
  })
})
