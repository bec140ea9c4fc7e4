import { setTimeout as pause } from 'node:timers/promises'
import type { Dialogue } from './dialogue.js'
import type { Peer } from './peer.js'

/** The time that a fate's server takes for its answer: longer than any moment in which netkit could have overlooked its end. */
const THINKING_MS = 200

/** What becomes of a stream, by the hand of the peer. */
export interface Fate {
  /** What the peer does, for people. */
  readonly what: string
  /** A plain stream has no such fate. */
  readonly tlsOnly?: true
  /** Only a server, or only a client, can do that. */
  readonly role?: 'server' | 'client'
  /** netkit has 20 MB to send. */
  readonly much?: true
  /** Takes the connection before TLS has begun. */
  readonly beforeTls?: true
  /** netkit's stdin does not end, so that netkit does not end its direction either. */
  readonly stdinStaysOpen?: true
  /** netkit has to lose its patience. */
  readonly long?: true
  play(peer: Peer, dialogue: Dialogue): Promise<void>
}

/** What the peer answers to; then the answer. */
async function question(peer: Peer, { approach, isQuestion }: Dialogue): Promise<Buffer> {
  await approach?.(peer)
  return peer.hear(isQuestion)
}

/** A peer whose words make netkit speak says them before it hears anything. */
async function provoke(peer: Peer, { approach, wordsFirst, words, muchWords }: Dialogue): Promise<void> {
  await approach?.(peer)
  if (wordsFirst) peer.shout(muchWords?.() ?? words(Buffer.alloc(0)))
}

/** The first bytes of a handshake, as far as netkit has begun one. */
async function hello(peer: Peer, { netkitAccepts }: Dialogue): Promise<void> {
  if (netkitAccepts) await peer.say(HALF_HELLO)
  else await peer.hear((bytes) => bytes.length > 0)
}

/** The head of a ClientHello that announces 512 bytes, and 40 of them. */
const HALF_HELLO = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(34, 5)])
/** A fatal alert in the clear: handshake_failure (RFC 8446 6). */
const HANDSHAKE_FAILURE = Buffer.from('15030300020228', 'hex')
/** And unknown_ca: how a client refuses a certificate. */
const UNKNOWN_CA = Buffer.from('15030300020230', 'hex')

export const FATES = {
  'answers early': {
    what: 'reads a little of 20 MB, says its last words and closes',
    much: true,
    async play(peer, dialogue) {
      await provoke(peer, dialogue)
      const heard = await peer.hear((bytes) => bytes.length > 0)
      peer.stopReading()
      if (!dialogue.wordsFirst) await peer.say(dialogue.earlyWords?.() ?? dialogue.words(heard))
      await peer.leaveUnread()
    },
  },
  'answers early and reads on': {
    what: 'says its last words and FIN while 20 MB are on their way, and reads them to the end',
    much: true,
    async play(peer, dialogue) {
      await provoke(peer, dialogue)
      const heard = await peer.hear((bytes) => bytes.length > 0)
      if (!dialogue.wordsFirst) await peer.say(dialogue.earlyWords?.() ?? dialogue.words(heard))
      await peer.end()
      await peer.hearOut()
      peer.leave()
    },
  },
  'last words': {
    what: 'reads all that there is, says its last words and closes',
    async play(peer, dialogue) {
      const heard = await question(peer, dialogue)
      await peer.say(dialogue.words(heard))
      await dialogue.after?.(peer)
      await peer.close()
    },
  },
  'RST at once': {
    what: 'resets the connection before a byte went over it',
    beforeTls: true,
    async play(peer) {
      peer.reset()
    },
  },
  'RST before data': {
    what: 'reads the question and resets',
    async play(peer, dialogue) {
      await question(peer, dialogue)
      peer.reset()
    },
  },
  'RST between data': {
    what: 'says half of its words and resets',
    async play(peer, dialogue) {
      const words = dialogue.words(await question(peer, dialogue))
      await peer.say(words.subarray(0, words.length - 3))
      peer.reset()
    },
  },
  'RST behind data': {
    what: 'says all of its words and resets',
    async play(peer, dialogue) {
      await peer.say(dialogue.words(await question(peer, dialogue)))
      peer.reset()
    },
  },
  'FIN without close_notify': {
    what: 'says its words, then ends TCP and not TLS',
    tlsOnly: true,
    async play(peer, dialogue) {
      await peer.say(dialogue.words(await question(peer, dialogue)))
      await dialogue.after?.(peer)
      peer.finish()
      await peer.gone()
    },
  },
  'TLS alert': {
    what: 'says its words, then a fatal alert, while netkit has not ended',
    tlsOnly: true,
    stdinStaysOpen: true,
    async play(peer, dialogue) {
      await dialogue.approach?.(peer)
      const heard = dialogue.netkitAccepts ? Buffer.alloc(0) : await peer.hear(dialogue.isQuestion)
      peer.stopReading()
      await peer.say(dialogue.words(heard))
      await peer.alert()
      await peer.gone()
    },
  },
  'half-closes': {
    what: 'says its words and FIN, and reads on what is said to that',
    async play(peer, dialogue) {
      peer.shout(dialogue.words(await question(peer, dialogue)))
      await peer.end()
      await peer.hearOut()
      peer.leave()
    },
  },
  'answers behind our FIN': {
    what: 'answers when it has read to our end, as sort and tar do',
    async play(peer, dialogue) {
      await dialogue.approach?.(peer)
      await peer.hearOut()
      await peer.say(dialogue.words(Buffer.alloc(0)))
      await peer.close()
    },
  },
  'takes our FIN for a farewell': {
    what: 'thinks for a moment, and answers only whoever still keeps its direction open, as proxies do',
    role: 'server',
    async play(peer, dialogue) {
      const heard = await question(peer, dialogue)
      const thought = pause(THINKING_MS, true)
      if (await Promise.race([thought, peer.hearOut().then(() => false)])) await peer.say(dialogue.words(heard))
      await peer.close()
    },
  },
  silent: {
    what: 'says nothing',
    long: true,
    async play(peer) {
      peer.stopReading()
      await peer.gone()
    },
  },
  'byte by byte': {
    what: 'says its words in segments of one byte',
    async play(peer, dialogue) {
      const heard = await question(peer, dialogue)
      for (const byte of dialogue.words(heard)) await peer.say(Buffer.of(byte))
      await dialogue.after?.(peer)
      await peer.close()
    },
  },
  'never reads': {
    what: 'lets 20 MB wait for ever',
    long: true,
    much: true,
    async play(peer, dialogue) {
      await provoke(peer, dialogue)
      peer.stopReading()
      await peer.gone()
    },
  },
  'closes with unread input': {
    what: 'closes and has not read what came: its kernel makes a reset of it',
    async play(peer, dialogue) {
      await dialogue.approach?.(peer)
      peer.stopReading()
      if (dialogue.wordsFirst) await peer.say(dialogue.words(Buffer.alloc(0)))
      await peer.leaveUnread()
    },
  },
  'dies within a record': {
    what: 'sends half of a TLS record, and FIN',
    tlsOnly: true,
    async play(peer, dialogue) {
      const words = dialogue.words(await question(peer, dialogue))
      await peer.say(words.subarray(0, 1))
      await peer.breakOff(words.subarray(1))
      await peer.gone()
    },
  },
  'ends during the handshake': {
    what: 'ends TCP where a handshake was begun',
    tlsOnly: true,
    beforeTls: true,
    async play(peer, dialogue) {
      await hello(peer, dialogue)
      peer.finish()
      await peer.gone()
    },
  },
  'resets during the handshake': {
    what: 'resets where a handshake was begun',
    tlsOnly: true,
    beforeTls: true,
    async play(peer, dialogue) {
      await hello(peer, dialogue)
      peer.reset()
    },
  },
  'refuses the handshake': {
    what: 'sends a fatal alert in the midst of a handshake',
    tlsOnly: true,
    beforeTls: true,
    async play(peer, { netkitAccepts }) {
      if (netkitAccepts) await peer.sayHello()
      await peer.hear((bytes) => bytes.length > 0)
      await peer.say(netkitAccepts ? UNKNOWN_CA : HANDSHAKE_FAILURE)
      peer.finish()
      await peer.gone()
    },
  },
  'silent during the handshake': {
    what: 'has no word to say to a handshake',
    long: true,
    tlsOnly: true,
    beforeTls: true,
    async play(peer) {
      peer.stopReading()
      await peer.gone()
    },
  },
} as const satisfies Readonly<Record<string, Fate>>

export type FateName = keyof typeof FATES
export const FATE_NAMES = Object.keys(FATES) as readonly FateName[]
