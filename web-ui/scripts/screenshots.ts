// Pictures of every view over the bundled photographs, light and dark, on a desktop and on a phone, into target/screenshots.
// Those that stand in the README are copied to docs.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { DESKTOP, launch, PHONE } from '../tests/browser';
import { Foray } from '../tests/foray';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGET = join(ROOT, 'target/screenshots');
const IN_README = ['search', 'unusual', 'map'];

interface Shot {
  name: string;
  hash: (foray: Foray) => string;
  /** What is done before the picture is taken. */
  prepare?: (page: Page) => Promise<void>;
}

const openFirst = async (page: Page) => {
  await page.locator('main li[data-index] a').first().click();
  await page.getByRole('dialog').waitFor();
};

const SHOTS: Shot[] = [
  { name: 'welcome', hash: () => '#/search' },
  { name: 'search', hash: () => '#/search?q=an+animal&strictness=0' },
  {
    name: 'filters',
    hash: () => '#/search?q=w%3A%3E0&group=folder',
    prepare: (page) => page.getByRole('button', { name: 'Filters' }).click(),
  },
  {
    name: 'selection',
    hash: () => '#/search?q=in%3Aanimals',
    prepare: async (page) => {
      for (const number of [0, 1, 2]) await page.locator('main [role=checkbox]').nth(number).click();
    },
  },
  { name: 'viewer', hash: () => '#/search?q=an+animal', prepare: openFirst },
  { name: 'unusual', hash: () => '#/unusual' },
  { name: 'map', hash: () => '#/map' },
  { name: 'duplicates', hash: () => '#/duplicates' },
  { name: 'prompts', hash: (foray) => `#/prompts?dataset=${encodeURIComponent(foray.photos)}` },
  { name: 'library', hash: () => '#/library' },
  { name: 'models', hash: () => '#/library?section=models' },
];

const foray = await Foray.start();
const browser = await launch();
mkdirSync(TARGET, { recursive: true });
try {
  // The page over a watching server, as people have it.
  await foray.stop();
  await foray.serve('up', foray.photos);
  for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport, colorScheme, locale: 'en', reducedMotion: 'reduce', deviceScaleFactor: 1 });
      // By the link with the key, as whoever started the program sees it.
      const first = await context.newPage();
      await first.goto(foray.link);
      await first.waitForTimeout(1_000);
      for (const shot of SHOTS) await take(await context.newPage(), shot, `${shot.name}-${colorScheme}-${size}.png`);
      await context.close();
    }
  }
  for (const name of IN_README) copyFileSync(join(TARGET, `${name}-light-desktop.png`), join(ROOT, `docs/${name}.png`));
} finally {
  await browser.close();
  await foray.remove();
}

async function take(page: Page, { hash, prepare }: Shot, file: string) {
  await page.goto(`${foray.url}/${hash(foray)}`);
  await page.waitForLoadState('load');
  await page.waitForTimeout(1_500);
  await prepare?.(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(TARGET, file) });
  await page.close();
}
