import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { mailServer } from '../../../helpers/scripted-server.js'
import { options, send } from '../../../helpers/smtp.js'

test('where nobody says otherwise EHLO has a qualified name, or the literal of our address', async () => {
  const server = await mailServer()
  await send(options(server.port, { helo: null }))
  const qualified = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(hostname())
  expect(server.heard[0]).toBe(`EHLO ${qualified ? hostname() : '[127.0.0.1]'}`)
})
