// How the tests in a real browser are run: one file after another, each with a program of its own.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['tests/**/*.browser.ts'], testTimeout: 60_000, hookTimeout: 90_000, fileParallelism: false },
});
