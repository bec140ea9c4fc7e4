import { expect, it } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { reach } from '../../../../src/net/connect/reach.js'
import { listening } from '../../../helpers/sockets.js'

const tlsWith = async (says: string) => {
  const { port } = await listening((socket) => void socket.end(Buffer.from(says, 'latin1')))
  return reach({ host: '127.0.0.1', port }, { tls: {}, deadline: Deadline.after(20_000) })
}

it.each([
  ['an SMTP greeting', '220 a.example ESMTP Postfix\r\n', 'STARTTLS'],
  ['an IMAP greeting', '* OK ready\r\n', 'STARTTLS'],
  ['an SSH greeting', 'SSH-2.0-OpenSSH_9.2p1\r\n', 'plain port'],
  ['an HTTP response', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'plain port'],
  ['text', 'who are you, and what is it that you want?\r\n', 'plain port'],
])('says that %s came where TLS was to begin', async (what, says, hint) => {
  const outcome = await tlsWith(says)
  expect(outcome).toMatchObject({
    ok: false,
    failure: {
      phase: 'tls',
      origin: 'tls',
      code: expect.stringMatching(/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/),
      message: `127.0.0.1 does not speak TLS: ${what} came`,
      hint: expect.stringContaining(hint),
    },
  })
})

it('leaves an alert to OpenSSL, which can read it', async () => {
  const outcome = await tlsWith('\x15\x03\x03\x00\x02\x02\x28')
  expect(outcome).toMatchObject({ ok: false, failure: { code: expect.stringContaining('HANDSHAKE_FAILURE') } })
})
