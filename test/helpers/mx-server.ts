import { createSocket } from 'node:dgram'
import { onTestFinished } from 'vitest'

/** What a name server knows of a name: its MX records, nothing of that type, or that there is no such name. */
export type MxAnswer = readonly { readonly preference: number; readonly exchange: string }[] | 'no such name' | 'broken'

const NXDOMAIN = 3
const SERVFAIL = 2
const TYPE_MX = 15

/** A name server on loopback that answers MX questions alone; `asked` lists the names. */
export async function mxServer(
  zone: Readonly<Record<string, MxAnswer>>,
): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, end } = readName(query, 12)
    asked.push(name)
    const answer = zone[name] ?? 'no such name'
    const records = typeof answer === 'string' ? [] : answer
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (answer === 'no such name' ? NXDOMAIN : answer === 'broken' ? SERVFAIL : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    header.writeUInt32BE(0, 8)
    const question = query.subarray(12, end + 4)
    socket.send(Buffer.concat([header, question, ...records.map(record)]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

function record({ preference, exchange }: { preference: number; exchange: string }): Buffer {
  const labels = exchange === '' ? [] : exchange.split('.')
  const name = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ])
  const fixed = Buffer.alloc(14)
  fixed.writeUInt16BE(0xc00c, 0) // the name of the question
  fixed.writeUInt16BE(TYPE_MX, 2)
  fixed.writeUInt16BE(1, 4)
  fixed.writeUInt32BE(60, 6)
  fixed.writeUInt16BE(2 + name.length, 10)
  fixed.writeUInt16BE(preference, 12)
  return Buffer.concat([fixed, name])
}

function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.subarray(at + 1, at + 1 + length).toString())
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}
