import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readState, type ScanState, StateKeeper } from '../../../../src/operations/portscan/results/state-file.js'
import { folder } from '../../../helpers/folder.js'

const STATE: Omit<ScanState, 'netkit' | 'version'> = {
  scan: 'a scan',
  shard: null,
  kept: '{}',
  done: { low: 0, full: [], chunks: [] },
  tally: { counts: { open: 0, closed: 0, filtered: 0, skipped: 0 }, reasons: [], blocks: [] },
  results: [],
  hosts: [],
}

describe('StateKeeper', () => {
  it.each([true, false])('tells of a folder that is gone when the scan ends, complete: %s', (complete) => {
    const file = folder()
    mkdirSync(file('into'))
    const keeper = new StateKeeper(file('into/state'), () => STATE)
    onTestFinished(() => keeper.end(false))
    expect(keeper.failure).toBeNull()
    renameSync(file('into'), file('elsewhere'))
    writeFileSync(file('into'), 'a file where its folder was')
    keeper.end(complete)
    expect(keeper.failure).toMatchObject({ code: 'ENOTDIR', argument: 'resume' })
  })
})

describe('readState', () => {
  it('takes what was saved, and refuses it with any byte changed or cut off', () => {
    const path = folder()('state')
    new StateKeeper(path, () => STATE).end(false)
    expect(readState(path, STATE)).toMatchObject({ ok: true, value: STATE })
    const whole = readFileSync(path)
    for (let at = 0; at < whole.length - 1; at++) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      for (const damaged of [changed, whole.subarray(0, at)]) {
        writeFileSync(path, damaged)
        expect(() => readState(path, STATE)).toThrow(/is not a state file of this version, or damaged/)
      }
    }
  })
})
