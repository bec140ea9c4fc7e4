import { describe, expect, test } from 'vitest'
import type { SmtpSendEvent } from '../../src/operations/smtp-send/index.js'
import { mailServer } from '../helpers/scripted-server.js'
import { dataOf, failureOf, ofType, options, type Sent, send } from '../helpers/smtp.js'

const SMALL = 'Subject: hi\r\n\r\nhello\r\n'
/** More than the system holds for a peer that does not read. */
const HUGE = `Subject: hi\r\n\r\n${`${'y'.repeat(70)}\r\n`.repeat(300_000)}`

const said = (sent: Sent) => ofType(sent.events, 'reply').map(({ replyCode, lines }) => `${replyCode} ${lines.join()}`)

/** The last thing that is done before what belongs to that stage is written. */
function isAt({ type, ...event }: SmtpSendEvent, stage: string): boolean {
  return (type === 'command' || type === 'content') && 'stage' in event && event.stage === stage
}

describe.each(['reset', 'close'] as const)('a server that says why and is gone by %s while we write', (how) => {
  test.each([
    ['ehlo', '421 4.3.2 not now', SMALL],
    ['mail', '421 4.3.2 not now', SMALL],
    ['rcpt', '554 5.7.1 go away', SMALL],
    ['data', '554 5.7.1 go away', SMALL],
    ['message', '554 5.7.1 go away', SMALL],
    ['message', '552 5.3.4 too big', HUGE],
    ['message', '421 4.4.2 out of patience', HUGE],
  ])('at %s: %s', async (stage, words, message) => {
    for (const pipelining of [false, true]) {
      const server = await mailServer()
      let left = false
      const sent = await send(options(server.port, { pipelining, content: dataOf(message) }), undefined, (event) => {
        if (left || !isAt(event, stage)) return
        left = true
        server.leave(`${words}\r\n`, how)
      })
      expect(said(sent)).toContain(words)
      expect(failureOf(sent)).toMatchObject({ code: `SMTP_${words.slice(0, 3)}`, origin: 'peer', phase: 'read' })
    }
  })

  test.each([
    ['mail', SMALL],
    ['message', SMALL],
    ['message', HUGE],
  ])('and where it says nothing, that is told as what it is: at %s', async (stage, message) => {
    const server = await mailServer()
    let left = false
    const sent = await send(options(server.port, { content: dataOf(message) }), undefined, (event) => {
      if (left || !isAt(event, stage)) return
      left = true
      server.leave('', how)
    })
    expect(failureOf(sent)).toMatchObject(
      how === 'reset' ? { code: 'ECONNRESET', origin: 'os' } : { code: 'SMTP_CLOSED', origin: 'peer' },
    )
    expect(ofType(sent.events, 'recipient')).toMatchObject([
      { status: expect.stringMatching(/not-reached|unconfirmed/) },
    ])
  })
})
