// How the tests in a real browser are run: each file with a program of its own.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Two at a time: most of a test is waiting.
  test: { include: ['tests/**/*.browser.ts'], testTimeout: 60_000, hookTimeout: 90_000, maxWorkers: 2, minWorkers: 2 },
});
