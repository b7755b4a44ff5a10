// A library of 10,000 photos in a real browser: only what is near the window exists, and a restart in mid-scroll loses nothing.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { Foray, setUp } from './harness';
import { addPhotos } from './large-library';

const PHOTOS = 10_000;

const stage = setUp(async () => {
  const foray = await Foray.start();
  await foray.stop();
  addPhotos(foray, PHOTOS);
  await foray.serve('serve');
  return foray;
});

const tiles = (page: Page) => page.locator('main li[data-index]');
const highest = (page: Page) => tiles(page).evaluateAll((all) => Math.max(...all.map((tile) => Number(tile.dataset.index))));

/** Scrolls to the end again and again until the page has this many photos. */
async function scrollDownTo(page: Page, photos: number) {
  await tiles(page).first().waitFor();
  await expect
    .poll(async () => {
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      return highest(page);
    }, { timeout: 60_000 })
    .toBeGreaterThanOrEqual(photos);
}

test('a long list holds only what is near the window', async () => {
  const page = await stage.open('#/search?q=w%3A%3E0&sort=newest');
  await scrollDownTo(page, PHOTOS - 1);
  expect(await tiles(page).count()).toBeLessThan(150);
  await page.evaluate(() => scrollTo(0, 0));
  await expect.poll(() => page.locator('main li[data-index="0"]').count()).toBe(1);
  expect(await tiles(page).count()).toBeLessThan(150);
});

test('keys walk to the end of a long list and back', async () => {
  const page = await stage.open('#/search?q=w%3A%3E0&sort=newest');
  await scrollDownTo(page, 500);
  await tiles(page).first().getByRole('link').focus();
  await page.keyboard.press('Home');
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('li')?.dataset.index)).toBe('0');
  await page.keyboard.press('End');
  await expect.poll(() => page.evaluate(() => Number(document.activeElement?.closest('li')?.dataset.index))).toBeGreaterThan(400);
});

test('a server that restarts in mid-scroll leaves the place, and the list goes on', async () => {
  const page = await stage.open('#/search?q=w%3A%3E0&sort=newest');
  await scrollDownTo(page, 1_000);
  const before = await page.evaluate(() => scrollY);
  await stage.foray.stop();
  await page.getByRole('alert').getByText('does not answer').waitFor();
  await stage.foray.serve('serve');
  await expect.poll(() => page.getByRole('alert').count(), { timeout: 20_000 }).toBe(0);
  expect(Math.abs((await page.evaluate(() => scrollY)) - before)).toBeLessThan(200);
  await scrollDownTo(page, 2_000);
});
