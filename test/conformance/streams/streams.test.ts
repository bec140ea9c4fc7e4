import { afterAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/index.js'
import { ACCEPTING_ROWS } from './accepting-rows.js'
import type { Right, Row } from './cell.js'
import { DIALLING_ROWS } from './dialling-rows.js'
import { FATE_NAMES, FATES, type FateName } from './fates.js'
import { makeFixtures } from './fixtures.js'
import { run, shown, type Told } from './run.js'
import { USER_NAMES, USERS, type UserName } from './users.js'

const ROWS: Readonly<Record<UserName, Row>> = { ...DIALLING_ROWS, ...ACCEPTING_ROWS }
const fixtures = makeFixtures()
afterAll(() => fixtures.remove())

/** Commands without a stream of their own, and why. */
const STREAMLESS: Readonly<Record<string, string>> = {
  reverse: 'asks as resolve does',
  local: 'looks at this machine',
  errno: 'looks into a table',
}

/** Throws where it was not told as is right. */
function judge(told: Told, right: Right): void {
  const { lines, exit } = told
  const result = lines.at(-1)
  expect(told.unplayed, `the peer came to play its part; on stderr: ${told.stderr}`).toBeNull()
  expect(exit, `exit code; ${JSON.stringify(result)}`).toBe(right.exit)
  expect(result, 'the last line').toMatchObject({ type: 'result', ...(exit !== 143 && { ok: exit === 0 }) })
  if (right.shows !== undefined) expect(shown(lines)).toContain(right.shows)
  if (right.closed) expect(lines.find(({ type }) => type === 'closed')).toMatchObject(right.closed)
  if (right.event) expect(lines.find(({ type }) => type === right.event?.type)).toMatchObject(right.event)
  if (right.result) expect(result).toMatchObject(right.result)
  if (right.heard) expect(told.heard).toMatch(right.heard)
  if (right.tells) {
    const aside = lines.filter(({ type }) => type !== 'data' && type !== 'body' && type !== 'response')
    expect(told.stderr + JSON.stringify(aside)).toMatch(right.tells)
  }
}

const cells = USER_NAMES.flatMap((user) =>
  FATE_NAMES.flatMap((fate) => {
    const right = ROWS[user][fate]
    return typeof right === 'string' ? [] : [{ user, fate, right }]
  }),
)

// What is left to read behind a reset, and what becomes of unread input, is Linux's way here.
describe.runIf(process.platform === 'linux')('a stream is told as it was', () => {
  test.concurrent.each(cells)('$user: the peer $fate', { timeout: 30_000 }, async ({ user, fate, right }) => {
    judge(await run(user, fate, fixtures), right)
  })
})

describe('the table', () => {
  test('has a row for every command that has a stream, and a cell for every fate', () => {
    const commands = new Set(USER_NAMES.map((name) => USERS[name].command))
    expect([...commands, ...Object.keys(STREAMLESS)].sort()).toEqual(Object.keys(COMMANDS).sort())
    for (const name of USER_NAMES) {
      expect(Object.keys(ROWS[name]), name).toEqual([...FATE_NAMES])
      for (const fate of FATE_NAMES) expect(ROWS[name][fate], `${name} / ${fate}`).toBeDefined()
    }
  })

  test('says of each fate what the peer does', () => {
    for (const fate of Object.keys(FATES) as FateName[]) expect(FATES[fate].what).not.toBe('')
  })
})
