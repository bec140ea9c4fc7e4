import { defineConfig } from 'vitest/config'

/** What is met only now and then, looked for as long as that takes: minutes to hours. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
