import { describe, expect, it } from 'vitest'
import { serverAt } from '../../../../src/operations/dns/index.js'
import { ServerOrder } from '../../../../src/operations/dns/server-order.js'
import { ServerRounds } from '../../../../src/operations/dns/server-rounds.js'

const [a, b, c] = [1, 2, 3].map((port) => serverAt('127.0.0.1', port, 'udp')) as [Server, Server, Server]
type Server = ReturnType<typeof serverAt>
const servers = [a, b, c]

function ordering() {
  const fell: Server[] = []
  return { order: new ServerOrder((server) => fell.push(server)), fell }
}

describe('who is asked first', () => {
  it('is the first until it is silent, then comes after the others', () => {
    const { order, fell } = ordering()
    expect(order.of(servers, 0)).toEqual([a, b, c])
    order.unanswered(a, 0, 5000)
    expect(order.of(servers, 5000)).toEqual([b, c, a])
    order.unanswered(b, 5000, 10_000)
    expect(order.of(servers, 10_000)).toEqual([c, a, b])
    expect(fell).toEqual([a, b])
  })

  it('is not changed by one question that a server ignores while it answers others', () => {
    const { order, fell } = ordering()
    order.heard(a, 4999)
    order.unanswered(a, 0, 5000)
    expect(order.of(servers, 5000)).toEqual([a, b, c])
    expect(fell).toEqual([])
  })

  it('is the first again once it has answered', () => {
    const { order, fell } = ordering()
    order.unanswered(a, 0, 5000)
    order.heard(a, 6000)
    expect(order.of(servers, 6000)).toEqual([a, b, c])
    order.unanswered(a, 7000, 12_000)
    expect(fell).toEqual([a, a])
  })

  it('is tried by one question after a while, by the others not', () => {
    const { order, fell } = ordering()
    order.unanswered(a, 0, 5000)
    expect(order.of(servers, 34_999)).toEqual([b, c, a])
    expect(order.of(servers, 35_000)).toEqual([a, b, c])
    expect(order.of(servers, 35_000)).toEqual([b, c, a])
    order.unanswered(a, 35_000, 40_000)
    expect(order.of(servers, 64_999)).toEqual([b, c, a])
    expect(order.of(servers, 65_000)).toEqual([a, b, c])
    expect(fell).toEqual([a])
  })
})

describe('rounds', () => {
  const all = (rounds: ServerRounds, again: readonly Server[]) => {
    const asked: Server[] = []
    for (let server = rounds.next(true); server !== null; server = rounds.next(true)) {
      asked.push(server)
      if (again.includes(server)) rounds.askAgain(server)
    }
    return asked
  }

  it('ask each once, then those again that are worth it', () => {
    const rounds = new ServerRounds(servers, 3)
    expect(all(rounds, [a, c])).toEqual([a, b, c, a, c, a, c])
    expect(rounds.round).toBe(3)
  })

  it('are one where nobody is worth another, or none is wanted', () => {
    expect(all(new ServerRounds(servers, 3), [])).toEqual(servers)
    const rounds = new ServerRounds([a], 3)
    rounds.next(true)
    rounds.askAgain(a)
    expect(rounds.next(false)).toBeNull()
  })
})
