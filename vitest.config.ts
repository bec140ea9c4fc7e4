import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{unit,integration,cli,library,conformance}/**/*.test.ts'],
    testTimeout: 30_000,
    // What makes a namespace or builds a folder for a test takes as long as a test on a machine that has much to do.
    hookTimeout: 30_000,
    // Vitest's own choice leaves a core idle of two, and most of what is tested runs in processes of its own.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    coverage: { provider: 'v8', include: ['src/**'] },
  },
})
