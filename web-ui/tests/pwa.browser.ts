// The installed page: opens without a network, follows each release at once, and keeps nothing that it should not.
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { setUp } from './harness';

const FOLDER = '/photos/';
const LATER = /-later(\.\w+)$/;
const THUMBNAILS_KEPT = 1000;
const THUMBNAILS_OVER = 50;

/** A proxy that has the program in a folder of its site. It can be cut off, and show the page of a later release. */
class Proxy {
  isOff = false;
  isLater = false;
  #server: Server;

  constructor(private readonly foray: () => string) {
    this.#server = createServer((request, response) => this.#pass(request, response));
  }

  async start() {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get url() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${FOLDER}`;
  }

  #pass(given: IncomingMessage, response: ServerResponse) {
    const path = given.url ?? '';
    if (this.isOff) return void given.socket.destroy();
    if (!path.startsWith(FOLDER)) return void response.writeHead(404).end();
    if (path.includes('/images/made-up-')) return void response.writeHead(200, { 'Content-Type': 'image/webp' }).end('x');
    const own = this.isLater ? this.#ofLaterRelease(path) : path;
    if (own === undefined) return void response.writeHead(404).end();
    const { 'accept-encoding': _, ...headers } = given.headers;
    const passed = request(`${this.foray()}/${own.slice(FOLDER.length)}`, { method: given.method, headers, agent: false }, (answer) =>
      this.#answer(answer, response),
    );
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    given.pipe(passed);
  }

  /** What a later release calls otherwise is called as this one does; what only this one had is gone. */
  #ofLaterRelease(path: string) {
    if (!path.includes('/assets/')) return path;
    return LATER.test(path) ? path.replace(LATER, '$1') : undefined;
  }

  #answer(answer: IncomingMessage, response: ServerResponse) {
    const isText = /html|javascript|css/.test(answer.headers['content-type'] ?? '');
    if (!this.isLater || !isText) {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      return;
    }
    let text = '';
    answer.setEncoding('utf8').on('data', (part: string) => (text += part));
    answer.on('end', () => {
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, headers);
      response.end(text.replace(/((?:\.\/|assets\/)(?!sw\.js)[\w-]+)(\.(?:js|css))/g, '$1-later$2'));
    });
  }
}

const stage = setUp();
const proxy = new Proxy(() => stage.foray.url);

beforeAll(() => proxy.start());
afterAll(() => proxy.stop());
beforeEach(() => {
  proxy.isOff = false;
  proxy.isLater = false;
});

/** The page in the proxy's folder, once it is kept. */
async function installed(): Promise<Page> {
  const page = await stage.open();
  await page.goto(proxy.url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true);
  await expect.poll(() => keptPages(page)).toHaveLength(1);
  return page;
}

const keptPages = (page: Page) =>
  page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('foray page /photos/')));

const codeOf = (page: Page) => page.evaluate(() => document.querySelector<HTMLScriptElement>('script[type=module]')?.src);

const searchBox = (page: Page) => page.getByRole('combobox', { name: 'Search photos' });

test('it can be installed, with icons of the sizes that it names', async () => {
  const page = await installed();
  const { start_url, icons } = await page.evaluate(async () => (await fetch('manifest.webmanifest')).json());
  expect(start_url).toBe('./');
  for (const { src, sizes } of icons.filter(({ sizes }: { sizes: string }) => sizes !== 'any')) {
    const size = await page.evaluate(async (src) => {
      const { width, height } = await createImageBitmap(await (await fetch(src)).blob());
      return `${width}x${height}`;
    }, src);
    expect(size, src).toBe(sizes);
  }
  expect(icons.some(({ purpose }: { purpose?: string }) => purpose === 'maskable')).toBe(true);
});

test('it opens without a server, in the folder of a proxy', async () => {
  const page = await installed();
  proxy.isOff = true;
  await page.reload();
  await searchBox(page).waitFor();
  await page.getByText("Foray's server does not answer.").waitFor();
  proxy.isOff = false;
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.getByText("Foray's server does not answer.").waitFor({ state: 'detached' });
});

test('a new release replaces the page at once, also for when there is no network', async () => {
  const page = await installed();
  const before = await codeOf(page);
  const [kept] = await keptPages(page);
  proxy.isLater = true;
  await page.reload();
  await searchBox(page).waitFor();
  const after = await codeOf(page);
  expect(after).not.toBe(before);
  await expect.poll(async () => (await keptPages(page)).filter((name) => name !== kept)).toHaveLength(1);
  await expect.poll(() => keptPages(page)).not.toContain(kept);
  proxy.isOff = true;
  await page.reload();
  await searchBox(page).waitFor();
  expect(await codeOf(page)).toBe(after);
});

test('an open page of the release before becomes the new one, where it needs code that is gone', async () => {
  const page = await installed();
  const before = await codeOf(page);
  proxy.isLater = true;
  await page.getByRole('link', { name: 'Library' }).click();
  await page.getByRole('navigation', { name: 'Parts of the library' }).waitFor();
  expect(await codeOf(page)).not.toBe(before);
});

test('of the answers only thumbnails are kept, and of those the last', async () => {
  const page = await installed();
  await page.goto(`${proxy.url}#/search?q=mushroom`);
  await page.reload();
  await page.locator('main img').first().waitFor();
  const many = THUMBNAILS_KEPT + 2 * THUMBNAILS_OVER;
  await page.evaluate(async (many) => {
    for (let number = 0; number < many; number++) await fetch(`api/v1/images/made-up-${number}/thumbnail`);
  }, many);
  const thumbnails = () =>
    page.evaluate(async () => {
      const requests = await (await caches.open('foray thumbnails /photos/')).keys();
      return requests.map(({ url }) => url);
    });
  await expect.poll(async () => (await thumbnails()).at(-1)).toContain(`made-up-${many - 1}/`);
  const kept = await thumbnails();
  expect(kept.length).toBeGreaterThanOrEqual(THUMBNAILS_KEPT);
  expect(kept.length).toBeLessThan(THUMBNAILS_KEPT + THUMBNAILS_OVER);
  const all = await page.evaluate(async () => {
    const requests = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(requests)).flat().map(({ url }) => url);
  });
  expect(all.filter((url) => url.includes('/api/') && !url.endsWith('/thumbnail'))).toEqual([]);
});

test('whoever logs out leaves no photos behind', async () => {
  const page = await installed();
  await page.evaluate(() => fetch('api/v1/images/made-up-1/thumbnail'));
  const hasThumbnails = () => page.evaluate(() => caches.has('foray thumbnails /photos/'));
  await expect.poll(hasThumbnails).toBe(true);
  await page.evaluate(() => fetch('api/v1/session', { method: 'DELETE' }));
  expect(await hasThumbnails()).toBe(false);
});
