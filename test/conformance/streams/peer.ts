import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { CERTIFICATE, PRIVATE_KEY } from '../../helpers/certificate.js'
import { Wire } from './wire.js'

/** As much of what came as a test may want to look at. */
const KEPT_BYTES = 65_536
/** A record that no key fits: whoever reads it answers with the alert bad_record_mac (RFC 8446 6.2). */
const BROKEN_RECORD = Buffer.concat([Buffer.from('1703030040', 'hex'), Buffer.alloc(64, 7)])

/** The scripted end of one connection with netkit. It does nothing that it is not told to do. */
export class Peer {
  readonly raw: Socket
  #stream: Duplex
  #wire: Wire | null = null
  #kept: Buffer[] = []
  #keptBytes = 0
  #pending: Buffer = Buffer.alloc(0)
  #reads = false
  #over = false
  #wake = () => {}

  constructor(raw: Socket) {
    this.raw = raw
    this.#stream = raw
    raw.setNoDelay(true)
    raw.setMaxListeners(0)
    raw.on('error', () => {})
    raw.once('close', () => this.#end())
  }

  /** What came over this connection, in the clear; the first of it where it is much. */
  get heard(): string {
    return Buffer.concat(this.#kept).toString('latin1')
  }

  /** Whether neither side can say anything any more. */
  get over(): boolean {
    return this.raw.destroyed
  }

  /** Speaks TLS from here on. Rejects where there is no handshake. */
  async secure(role: 'server' | 'client'): Promise<void> {
    this.#quiet()
    const wire = new Wire(this.raw)
    this.#wire = wire
    const credentials = { cert: CERTIFICATE, key: PRIVATE_KEY }
    const stream =
      role === 'server'
        ? new TLSSocket(wire, { isServer: true, ...credentials })
        : connectTls({ socket: wire, rejectUnauthorized: false })
    this.#stream = stream
    await new Promise<void>((resolve, reject) => {
      stream.once(role === 'server' ? 'secure' : 'secureConnect', resolve)
      stream.on('error', reject)
      stream.once('close', () => reject(new Error('no handshake')))
    })
    stream.once('close', () => this.#end())
  }

  /** Reads until it is enough, and gives all that came since the last time. Rejects where netkit ends before. */
  async hear(isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
    this.#read()
    while (!isEnough(this.#pending)) {
      if (this.#over) throw new Error(`netkit ended after ${JSON.stringify(this.#pending.toString('latin1', 0, 200))}`)
      await this.#change()
    }
    const heard = this.#pending
    this.#pending = Buffer.alloc(0)
    return heard
  }

  /** Reads and drops until netkit's end of what it says. */
  async hearOut(): Promise<void> {
    this.#read()
    while (!this.#over) {
      this.#pending = Buffer.alloc(0)
      await this.#change()
    }
  }

  /** Until netkit has gone altogether. */
  async gone(): Promise<void> {
    while (!this.raw.destroyed) await new Promise((resolve) => this.raw.once('close', resolve))
  }

  /** Nothing more is read: what netkit says stays with the kernel, which answers our close with a reset for it. */
  stopReading(): void {
    this.#quiet()
    this.#wire?.stop()
    this.raw.pause()
    // A paused socket reads on until its buffer is full; the handle of it stops at once.
    const { _handle: handle } = this.raw as unknown as { _handle?: { readStop(): void } | null }
    handle?.readStop()
  }

  /** Gone without having read what netkit said, which makes the kernel send a reset. Waits until there is such a thing. */
  async leaveUnread(): Promise<void> {
    const { fd = -1 } = (this.raw as unknown as { _handle?: { fd?: number } | null })._handle ?? {}
    // TLS may have taken it together with the last of the handshake; then the reset is ours to send.
    while (this.#stream === this.raw || this.#stream.readableLength === 0) {
      if (readOne(fd)) return this.leave()
      await nextTurn()
      if (this.raw.destroyed) throw new Error('netkit said nothing that could stay unread')
    }
    this.reset()
  }

  /** Resolves once the kernel has it. */
  say(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.destroyed) return resolve()
      this.raw.once('close', () => resolve())
      this.#stream.write(bytes, () => resolve())
    })
  }

  /** Speaks without waiting for anybody to listen. */
  shout(bytes: Uint8Array): void {
    this.#stream.write(bytes)
  }

  /** Says that it will say no more, over TLS with close_notify, and can read on. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.raw.destroyed) return resolve()
      this.raw.once('close', () => resolve())
      this.raw.once('finish', () => resolve())
      this.#stream.end()
    })
  }

  /** Closes as a program does that has read all: says so, and is gone. */
  async close(): Promise<void> {
    await this.end()
    // The other side's close_notify would be unread input, too.
    if (this.#wire) await this.hearOut()
    this.raw.destroy()
  }

  /** close(2), and no more: no close_notify, and where input is unread the kernel sends a reset in place of FIN. */
  leave(): void {
    this.raw.destroy()
  }

  reset(): void {
    this.raw.resetAndDestroy()
  }

  /** The FIN of TCP, over TLS without close_notify. */
  finish(): void {
    this.raw.end()
  }

  /** The ClientHello of TLS 1.2, and no more of a handshake. */
  async sayHello(): Promise<void> {
    this.#quiet()
    const wire = new Wire(this.raw)
    const hello = wire.keepBack()
    const engine = connectTls({ socket: wire, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    engine.on('error', () => {})
    const bytes = await hello
    this.raw.removeAllListeners('data')
    this.raw.write(bytes)
  }

  /** Over TLS: a fatal alert, and FIN. */
  async alert(): Promise<void> {
    const alarmed = new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve())
      this.#stream.once('close', resolve)
    })
    this.#wire?.slipIn(BROKEN_RECORD)
    await alarmed
    this.raw.end()
  }

  /** Over TLS: half of the record that carries it, and FIN. */
  async breakOff(bytes: Uint8Array | string): Promise<void> {
    const record = this.#wire?.keepBack()
    this.#stream.write(bytes)
    const whole = (await record) ?? Buffer.alloc(0)
    this.raw.end(whole.subarray(0, whole.length >> 1))
  }

  #read(): void {
    if (this.#reads) return
    this.#reads = true
    this.#stream.on('data', this.#take)
    this.#stream.on('end', this.#end)
    this.#stream.resume()
  }

  #quiet(): void {
    this.#reads = false
    this.#stream.off('data', this.#take)
    this.#stream.off('end', this.#end)
    this.#stream.pause()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  readonly #take = (bytes: Buffer) => {
    if (this.#keptBytes < KEPT_BYTES) this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    this.#wake()
  }

  readonly #end = () => {
    this.#over = true
    this.#wake()
  }
}

/** Whether there was a byte to take from the socket, which leaves the ones behind it. */
function readOne(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) === 1
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
    throw error
  }
}
