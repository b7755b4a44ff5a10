// `make bench BENCH=page`: how soon the page is usable, how large it is, and how smoothly a list of a million photos scrolls.
// The million is made up (the answers of the search are), the rest is the real program over the bundled photographs.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { DESKTOP, launch } from '../tests/browser';
import { Foray } from '../tests/foray';

const ROOT = resolve(import.meta.dirname, '../..');
const PHOTOS = 1_000_000;
const RUNS = 5;

interface Row {
  name: string;
  ours: number;
  peer: number;
  unit: string;
  ratio: number;
  goal: number;
}

/** What is to be small, against what is wanted. */
const cost = (name: string, ours: number, wanted: number, unit: string): Row => ({ name, ours, peer: wanted, unit: `${unit}, goal`, ratio: wanted / ours, goal: 1 });
/** What is to be large. */
const rate = (name: string, ours: number, wanted: number, unit: string): Row => ({ name, ours, peer: wanted, unit: `${unit}, goal`, ratio: ours / wanted, goal: 1 });

const foray = await Foray.start();
const browser = await launch();
try {
  const rows = [firstLoad(), await interactive(browser), ...(await scrolling(browser))];
  for (const { name, ours, unit, ratio } of rows) console.error(`${name}: ${ours.toFixed(1)} ${unit}, ratio ${ratio.toFixed(2)}`);
  mkdirSync(join(ROOT, 'target/bench'), { recursive: true });
  writeFileSync(join(ROOT, 'target/bench/page.json'), JSON.stringify({ rows }, undefined, 2));
} finally {
  await browser.close();
  await foray.remove();
}

/** The scripts that the page loads before anything is clicked. */
function firstLoad(): Row {
  const page = readFileSync(join(ROOT, 'web-ui/dist/index.html'), 'utf8');
  const files = readdirSync(join(ROOT, 'web-ui/dist/assets')).filter((file) => file.endsWith('.js') && page.includes(file));
  const sizes = files.map((file) => gzipSync(readFileSync(join(ROOT, 'web-ui/dist/assets', file))).length);
  return cost('scripts of the first load, packed', sizes.reduce((sum, size) => sum + size, 0) / 1_000, 200, 'kB');
}

/** From the request of the page until the search box takes words and the examples are there. */
async function interactive(browser: Browser): Promise<Row> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en' });
    const page = await context.newPage();
    const begun = performance.now();
    await page.goto(foray.url, { waitUntil: 'commit' });
    await page.getByRole('list', { name: 'Examples' }).waitFor();
    await page.getByRole('combobox').fill('a');
    times.push(performance.now() - begun);
    await context.close();
  }
  return cost('from the request until words can be typed', times.sort((a, b) => a - b)[RUNS >> 1]!, 1_000, 'ms');
}

async function scrolling(browser: Browser): Promise<Row[]> {
  const page = await (await browser.newContext({ viewport: DESKTOP, locale: 'en' })).newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const id = (number: number) => number.toString(16).padStart(32, '0');
  const thumbnails = (await (await fetch(`${foray.url}/api/v1/search?q=w:>0&limit=30`)).json()).results.map((hit: { id: string }) => hit.id);
  await page.route('**/api/v1/search', async (route) => {
    const { offset, limit } = route.request().postDataJSON();
    const count = Math.max(Math.min(limit, PHOTOS - offset), 0);
    const hit = (i: number) => ({ id: id(offset + i), path: `/photos/${offset + i}.jpg`, width: 3 + ((offset + i) % 4), height: 4, format: 'jpeg', score: 0, relevance: 0 });
    await route.fulfill({ json: { results: Array.from({ length: count }, (_, i) => hit(i)), took_ms: 1 } });
  });
  await page.route('**/thumbnail', (route) => {
    const number = Number.parseInt(/images\/([0-9a-f]+)/.exec(route.request().url())![1]!, 16);
    return route.continue({ url: `${foray.url}/api/v1/images/${thumbnails[number % thumbnails.length]}/thumbnail` });
  });
  await page.goto(`${foray.url}/#/search?q=w%3A%3E0`);
  await page.locator('main li[data-index]').first().waitFor();
  const last = () => page.locator('main li[data-index]').evaluateAll((all) => Math.max(...all.map((tile) => Number((tile as HTMLElement).dataset.index))));
  const begun = Date.now();
  while ((await last()) < PHOTOS - 1) {
    if (Date.now() - begun > 300_000) throw new Error(`the list ends at photo ${await last()}`);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForTimeout(50);
  }
  const { frames, scriptMs } = await scroll(page, async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ScriptDuration')!.value * 1_000;
  });
  return [rate(`frames while ${PHOTOS.toLocaleString('en')} photos scroll`, frames, 60, '/s'), cost('script for each of these frames', scriptMs, 1_000 / 60, 'ms')];
}

/** Scrolls upwards for five seconds, a third of a window each frame. */
async function scroll(page: Page, scriptTime: () => Promise<number>) {
  const before = await scriptTime();
  const { frames, seconds } = await page.evaluate(async () => {
    const begun = performance.now();
    let frames = 0;
    while (performance.now() - begun < 5_000) {
      scrollBy(0, -innerHeight / 3);
      await new Promise(requestAnimationFrame);
      frames += 1;
    }
    return { frames, seconds: (performance.now() - begun) / 1_000 };
  });
  return { frames: frames / seconds, scriptMs: ((await scriptTime()) - before) / frames };
}
