import { expect, test } from 'vitest'
import { smtpSendView } from '../../../../../src/cli/commands/smtp-send/view.js'
import type { Printer, Screen } from '../../../../../src/cli/render/screen.js'
import { createTheme } from '../../../../../src/cli/render/theme.js'
import { mailServer } from '../../../../helpers/scripted-server.js'
import { options, send } from '../../../../helpers/smtp.js'

test('while it waits a word on the terminal says for what', async () => {
  const theme = await createTheme(false)
  const said: (string | null)[] = []
  const printer = { theme, isTTY: false, columns: 80, line: () => {}, raw: () => {} } as unknown as Printer
  const screen = { out: printer, err: printer, verbosity: 'normal', live: true, status: said.push.bind(said) }
  const server = await mailServer({ EHLO: '250 x\r\n' })
  const given = options(server.port)
  const view = smtpSendView(screen as unknown as Screen, given)
  await send(given, undefined, (event) => void view.event?.(event))
  expect(said[0]).toBe('connected, waiting for the greeting')
  for (const command of ['EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'])
    expect(said).toContain(`waiting for the reply to ${command}`)
  expect(said).toContain('sending the message, and waiting for the reply')
})
