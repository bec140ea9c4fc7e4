import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { Deadline } from '../../src/core/deadline.js'
import { DnsClient, type DnsServer } from '../../src/operations/dns/index.js'
import { CLASS, decodeMessage, TYPE } from '../../src/protocol/dns/index.js'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.js'
import { ASK_ONCE, a, messageFor } from './dns-server.js'

/** Of a server over TLS. */
export const SECURE = { cert: CERTIFICATE, key: PRIVATE_KEY }

/** The names that {@link askAll} asks for: `n0.example.` and on. */
export function expectedOf(names: number): string[] {
  return Array.from({ length: names }, (_, i) => addressOf(`n${i}`))
}

/** The name that a message asks for. */
export function nameAsked(bytes: Uint8Array): string {
  return decodeMessage(bytes)?.questions[0]?.name ?? ''
}

const addressOf = (name: string) => `192.0.2.${Number(/^n(\d+)/.exec(name)?.[1]) % 250}`

/** The true answer to a question of {@link askAll}. */
export function answerTo(bytes: Uint8Array): Uint8Array {
  const query = decodeMessage(bytes)
  const name = query?.questions[0]?.name
  if (!query || name === undefined) throw new Error('netkit sent what is no query')
  return messageFor({ query }, { answers: [a(name, addressOf(name))] })
}

/** Listens on a free port until the test is over. */
export async function portOf(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What each name came to, asked all at once, with one try each. */
export async function askAll(server: DnsServer, { plainly = false, names = 300, tries = 1 } = {}): Promise<string[]> {
  const options = { ...ASK_ONCE, tries, tls: { insecure: true } }
  const client = new DnsClient(options, new AbortController().signal, { answersOnly: plainly })
  onTestFinished(() => client.close())
  const asker = client.plainAsker([server], TYPE.A, CLASS.IN, Deadline.never)
  expect(asker !== null).toBe(plainly)
  const asked = Array.from({ length: names }, (_, i) => {
    const question = { name: `n${i}.example.`, type: TYPE.A, class: CLASS.IN }
    return new Promise<string>((resolve) => {
      const done: Parameters<DnsClient['inquire']>[3] = (outcome) =>
        resolve(
          outcome.ok
            ? [...outcome.value.attempts.map(({ code }) => code), outcome.value.answer.chain.records[0]?.text].join()
            : outcome.failure.code,
        )
      const plain = (records: readonly { readonly text: string }[]) => resolve(records.map(({ text }) => text).join())
      if (asker) asker.ask(question.name, { plain, done })
      else client.inquire([server], question, Deadline.never, done)
    })
  })
  return Promise.all(asked)
}
