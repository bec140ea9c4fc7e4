import { defineConfig } from 'vitest/config'

/** Against other people's programs: a peer that is not installed fails its test. `test/interop/packages.txt` names them. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 60_000,
    // Peers bind, fork and wait; side by side they would take each other's time.
    fileParallelism: false,
  },
})
