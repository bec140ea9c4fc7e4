// What a loop in Node takes at least for names in bulk: the system calls of netkit, and of all else nothing. It draws no ids,
// checks no answer, keeps no order, repeats nothing and knows A records alone; the names are asked for in lockstep.
//   node bench/bare-resolver.cjs PORT FILE
const { readFileSync, writeSync } = require('node:fs')
const koffi = require(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`)

const [port, file] = [Number(process.argv[2]), process.argv[3]]
const SOCKETS = 8
const BATCH = 32
const MSG_WAITFORONE = 0x10000
const HEADER = { size: 64, iov: 16, iovCount: 24, length: 56 }
const IOVEC = { size: 16, base: 0, length: 8 }

const libc = koffi.load(null)
const socket = libc.func('int socket(int domain, int type, int protocol)')
const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)')
const sendmmsg = libc.func('int sendmmsg(int fd, uint8_t *headers, unsigned int count, int flags)')
const recvmmsg = libc.func('int recvmmsg(int fd, uint8_t *headers, unsigned int count, int flags, void *timeout)')

const names = readFileSync(file, 'latin1').trimEnd().split('\n')
const answers = new Array(names.length)
const [outgoing, incoming] = [batch(512), batch(4096)]
const address = Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
const sockets = Array.from({ length: SOCKETS }, () => {
  const fd = socket(2, 2, 0)
  connect(fd, address, address.length)
  return { fd, waiting: 0 }
})

let sent = 0
let answered = 0
for (const each of sockets) ask(each)
for (let at = 0; answered < names.length; at = (at + 1) % SOCKETS) {
  const each = sockets[at]
  if (each.waiting === 0) continue
  const count = recvmmsg(each.fd, incoming.headers, BATCH, MSG_WAITFORONE, null)
  for (let i = 0; i < count; i++) read(incoming.memory, incoming.start + i * incoming.slot)
  each.waiting -= count
  answered += count
  if (each.waiting === 0) ask(each)
}
writeSync(1, `${answers.join('\n')}\n`)

function ask(each) {
  let count = 0
  for (; count < BATCH && sent < names.length; count++, sent++) {
    const length = write(outgoing.memory, outgoing.start + count * outgoing.slot, sent & 0xffff, names[sent])
    outgoing.view.setUint32(outgoing.iovecs + count * IOVEC.size + IOVEC.length, length, true)
  }
  if (count > 0 && sendmmsg(each.fd, outgoing.headers, count, 0) !== count) throw new Error('not all of it went')
  each.waiting = count
}

function write(bytes, start, id, name) {
  bytes.set([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], start)
  let head = start + 12
  let at = head + 1
  for (let i = 0; i < name.length; i++, at++) {
    const octet = name.charCodeAt(i)
    if (octet === 0x2e) {
      bytes[head] = at - head - 1
      head = at
    } else bytes[at] = octet
  }
  bytes[head] = at - head - 1
  bytes.set([0, 0, 1, 0, 1], at)
  return at + 5 - start
}

function read(bytes, start) {
  let at = start + 12
  while (bytes[at] !== 0) at += bytes[at] + 1
  at += 17
  answers[(bytes[start] << 8) | bytes[start + 1]] = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

function batch(slot) {
  const iovecs = BATCH * HEADER.size
  const start = iovecs + BATCH * IOVEC.size
  const memory = new Uint8Array(start + BATCH * slot)
  const at = koffi.address(memory)
  const view = new DataView(memory.buffer)
  for (let i = 0; i < BATCH; i++) {
    view.setBigUint64(i * HEADER.size + HEADER.iov, at + BigInt(iovecs + i * IOVEC.size), true)
    view.setBigUint64(i * HEADER.size + HEADER.iovCount, 1n, true)
    view.setBigUint64(iovecs + i * IOVEC.size + IOVEC.base, at + BigInt(start + i * slot), true)
    view.setBigUint64(iovecs + i * IOVEC.size + IOVEC.length, BigInt(slot), true)
  }
  return { memory, headers: memory.subarray(0, iovecs), view, iovecs, start, slot }
}
