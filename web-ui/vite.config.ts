// How the page is built, tested, and served while it is worked on.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The server behind the page that is worked on. */
const SERVER = process.env.FORAY_URL ?? 'http://127.0.0.1:7878';

export default defineConfig({
  // Relative addresses: the page also works behind a proxy that puts it in a folder.
  base: './',
  plugins: [svelte()],
  build: { target: 'es2022', modulePreload: { polyfill: false } },
  server: {
    proxy: {
      '/api': {
        target: SERVER,
        changeOrigin: true,
        // The server answers no page of another origin.
        configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
});
