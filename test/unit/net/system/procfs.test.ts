import { describe, expect, test } from 'vitest'
import { parseSocketRows, socketRowOf, socketRows } from '../../../../src/net/system/procfs.js'
import { listening } from '../../../helpers/sockets.js'

/** As Linux 6 writes them; the lines of tcp are padded, those of udp have more behind. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 24621 1 ffff8cfb46f4e880 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 0000A2B3:00000010 01:00000014 00000000     0        0 4294967295 2 ffff8cfb46f4f100 20 4 30 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18 1 ffff 100 0 0 10 0
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1042: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 20311 2 ffff8cfb 0
`

describe('parseSocketRows', () => {
  test.each([
    [
      'tcp',
      TCP,
      { localAddress: '0100007F', localPort: 8080, state: 10, sendQueueBytes: 0, receiveQueueBytes: 0, inode: 24621 },
    ],
    [
      'tcp6',
      TCP6,
      {
        localAddress: '00000000000000000000000001000000',
        localPort: 22,
        state: 10,
        sendQueueBytes: 0,
        receiveQueueBytes: 0,
        inode: 18,
      },
    ],
    [
      'udp',
      UDP,
      { localAddress: '00000000', localPort: 53, state: 7, sendQueueBytes: 0, receiveQueueBytes: 0, inode: 20311 },
    ],
  ])('of %s', (_, text, row) => {
    expect(parseSocketRows(text)[0]).toEqual(row)
  })

  test('with what is on its way', () => {
    expect(parseSocketRows(TCP)[1]).toEqual({
      localAddress: '0100007F',
      localPort: 50_000,
      state: 1,
      sendQueueBytes: 0xa2b3,
      receiveQueueBytes: 16,
      inode: 4_294_967_295,
    })
  })

  test.each(['', '\n', 'sl local_address\n', '   0: 0100007F:1F90 truncated'])('of %j nothing', (text) => {
    expect(parseSocketRows(text)).toEqual([])
  })
})

test.skipIf(process.platform !== 'linux')('needs Linux: the kernel writes every socket that way', async () => {
  const { port } = await listening(() => {})
  const own = [...socketRows('tcp'), ...socketRows('tcp6')].filter(
    ({ localPort, state }) => localPort === port && state === 10,
  )
  expect(own).toHaveLength(1)
  const inode = own[0]?.inode ?? 0
  expect(inode).toBeGreaterThan(0)
  expect(socketRowOf('tcp', inode) ?? socketRowOf('tcp6', inode)).toEqual(own[0])
  expect(socketRowOf('tcp', -1)).toBeNull()
})
