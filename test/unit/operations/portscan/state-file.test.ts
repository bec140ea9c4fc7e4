import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ScanState, StateKeeper } from '../../../../src/operations/portscan/results/state-file.js'
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
