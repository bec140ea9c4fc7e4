import { createSocket, type Socket as DatagramSocket, type RemoteInfo } from 'node:dgram'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { AskOptions } from '../../src/operations/dns/index.js'
import { type DnsMessage, decodeMessage, frameMessage, MessageAssembler } from '../../src/protocol/dns/index.js'
import { dnsMessage, type MessageSpec } from './dns-message.js'
import { listening } from './sockets.js'

/** One query that the server got, and the ways to answer it. */
export interface Asked {
  readonly query: DnsMessage
  readonly name: string
  readonly type: number
  readonly via: 'udp' | 'tcp'
  /** The client's port. */
  readonly port: number
  /** Exactly these octets: a datagram, or a framed message over TCP. */
  send(bytes: Uint8Array): void
  /** A message with the query's id and question, but for what the spec says. */
  answer(spec?: MessageSpec): void
  /** The same message, from another port of the same address. UDP. */
  answerFromElsewhere(spec?: MessageSpec): Promise<void>
  /** The connection. TCP. */
  readonly socket: Socket | null
}

export interface ScriptedServer {
  readonly address: string
  readonly port: number
  /** Queries so far, in order. */
  readonly asked: readonly Asked[]
}

export function messageFor({ query }: Pick<Asked, 'query'>, spec: MessageSpec = {}): Uint8Array {
  const [question] = query.questions
  if (!question) throw new Error('a query without a question')
  const { name, type, class: questionClass } = question
  return dnsMessage({ id: query.id, question: { name, type: `TYPE${type}`, class: questionClass }, ...spec })
}

/** A name server over UDP and TCP on one free port of loopback, that does what the script says and nothing else. */
export async function dnsServer(
  script: (asked: Asked) => void,
  address = '127.0.0.1',
  wantedPort = 0,
): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const told = (bytes: Uint8Array, more: Pick<Asked, 'via' | 'port' | 'send' | 'socket'>, from?: RemoteInfo) => {
    const query = decodeMessage(bytes)
    const [question] = query?.questions ?? []
    if (!query || !question) throw new Error('netkit sent what is no query')
    const each: Asked = {
      query,
      name: question.name,
      type: question.type,
      ...more,
      answer: (spec) => more.send(messageFor({ query }, spec)),
      answerFromElsewhere: async (spec) => {
        const other = createSocket(address.includes(':') ? 'udp6' : 'udp4')
        await new Promise<void>((resolve) => other.bind(0, address, resolve))
        await new Promise((resolve) => other.send(messageFor({ query }, spec), from?.port, from?.address, resolve))
        other.close()
      },
    }
    asked.push(each)
    script(each)
  }

  for (let attempt = 0; ; attempt++) {
    const tcp = await listening(
      (socket) => {
        const assembler = new MessageAssembler()
        socket.on('end', () => socket.end())
        socket.on('data', (chunk) => {
          for (const bytes of assembler.push(chunk)) {
            const send = (answer: Uint8Array) => void socket.write(frameMessage(answer))
            told(bytes, { via: 'tcp', port: socket.remotePort ?? 0, send, socket })
          }
        })
      },
      address,
      wantedPort,
    )
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    if (!(await bound(udp, tcp.port, address))) {
      if (attempt < 20 && wantedPort === 0) continue
      throw new Error(`UDP port ${tcp.port} is taken`)
    }
    udp.on('message', (bytes, from) => {
      const send = (answer: Uint8Array) => udp.send(answer, from.port, from.address)
      told(bytes, { via: 'udp', port: from.port, send, socket: null }, from)
    })
    onTestFinished(() => void udp.close())
    return { address, port: tcp.port, asked }
  }
}

function bound(socket: DatagramSocket, port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind(port, address, () => resolve(true))
  })
}

/** An A record with these four octets. */
export function a(name: string, octets: string, ttl = 60) {
  return { name, type: 'A', ttl, rdata: Uint8Array.from(octets.split('.').map(Number)) }
}

/** One try, for which a busy machine has time enough. */
export const ASK_ONCE: AskOptions = {
  tcp: false,
  recursionDesired: true,
  checkingDisabled: false,
  edns: { udpPayloadSize: 1232 },
  timeoutMs: 10_000,
  tries: 1,
  tls: {},
}
