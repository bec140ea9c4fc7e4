import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of its own for the test that asks, gone when that ends. Returns the paths of files in it. */
export function folder(): (name: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return (name) => join(path, name)
}
