// The unusual view over real photos: the order, the part of the library, junk, and what explains a photo.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DESKTOP, expectNoSidewaysScroll, expectNoViolations, Foray, PHONE, setUp } from './harness';

/** A picture without anything in it: the smallest kind of junk. */
const BLANK = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

async function start(): Promise<Foray> {
  const foray = await Foray.start();
  await foray.stop();
  mkdirSync(join(foray.photos, 'odds and ends'));
  writeFileSync(join(foray.photos, 'odds and ends/blank.png'), Buffer.from(BLANK, 'base64'));
  copyFileSync(join(foray.photos, 'plants/flower.jpg'), join(foray.photos, 'odds and ends/flower again.jpg'));
  foray.run('index', '--quiet', foray.photos);
  await foray.serve('serve');
  return foray;
}

const stage = setUp(start);

const tiles = (page: Page) => page.getByRole('list', { name: 'Unusual photos' }).locator('li > * a, li > a');
const route = (page: Page) => decodeURIComponent(new URL(page.url()).hash).replaceAll('+', ' ');

async function openView(hash = '#/unusual', viewport = DESKTOP): Promise<Page> {
  const page = await stage.open(hash, { viewport });
  await tiles(page).first().waitFor();
  return page;
}

test('photos stand in order, each with its reason', async () => {
  const page = await openView();
  const labels = await tiles(page).evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''));
  const scores = labels.map((label) => Number(/unusualness ([\d.]+)/.exec(label)![1]));
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(labels.every((label) => /closest 0\.\d{3}/.test(label))).toBe(true);
});

test('junk is hidden until it is asked for', async () => {
  const page = await openView();
  const blank = tiles(page).and(page.getByRole('link', { name: /^blank\.png/ }));
  expect(await blank.count()).toBe(0);
  await page.getByRole('checkbox', { name: /^Show blurred/ }).check();
  await blank.waitFor();
  expect(route(page)).toBe('#/unusual?junk=1');
});

test('a folder is chosen, kept in the address, and given up again', async () => {
  const page = await openView();
  const folder = page.getByLabel('Folder');
  await expect.poll(() => folder.locator('option').allInnerTexts()).toContain('photos/places (7)');
  await folder.selectOption({ label: 'photos/places (7)' });
  await expect.poll(() => tiles(page).count()).toBe(7);
  expect(route(page)).toBe(`#/unusual?filter=in:${stage.foray.photos}/places`);
  await page.reload();
  await expect.poll(() => tiles(page).count()).toBe(7);
  await folder.selectOption({ label: 'All folders' });
  await expect.poll(() => tiles(page).count()).toBeGreaterThan(7);
  expect(route(page)).toBe('#/unusual');
});

test('a part of the library with nothing to show has a way out', async () => {
  const page = await stage.open(`#/unusual?filter=${encodeURIComponent('taken:1850')}`);
  await page.getByRole('heading', { name: 'No photo to show' }).waitFor();
  await page.getByRole('button', { name: 'Show all photos' }).click();
  await tiles(page).first().waitFor();
});

test('a filter that nobody understands is told, with a way out', async () => {
  const page = await stage.open(`#/unusual?filter=${encodeURIComponent('taken:june')}`);
  await page.getByText('expected a date such as 2023').waitFor();
  await page.getByRole('button', { name: 'Show all photos' }).click();
  await tiles(page).first().waitFor();
});

test('the viewer shows the photos that explain one', async () => {
  const page = await openView();
  await tiles(page).first().click();
  const viewer = page.locator('dialog.viewer');
  await viewer.getByRole('heading', { name: 'Why it is unusual' }).waitFor();
  const neighbours = viewer.getByRole('complementary').locator('section li a');
  expect(await neighbours.count()).toBe(10);
  await page.keyboard.press('ArrowRight');
  await viewer.getByText(/^2 of \d+$/).waitFor();
});

test('odd among their kind: another order, or a word on why there is none', async () => {
  const page = await openView();
  await page.getByText('Odd among their kind').click();
  await page.getByText('the one green apple among red ones').waitFor();
  expect(route(page)).toBe('#/unusual?kind=atypical');
  const told = page.getByRole('heading', { name: 'Nothing to compare yet' });
  await told.or(tiles(page).first()).waitFor();
  if (!(await told.isVisible())) expect(await tiles(page).first().getAttribute('aria-label')).toContain('and its kind');
});

test('what is still being prepared is awaited', async () => {
  const page = await stage.open('#/search');
  let isReady = false;
  await page.route('**/api/v1/unusual?*', (request) =>
    isReady
      ? request.continue()
      : request.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"detail": "12 of 40 photos are compared"}' }),
  );
  await page.getByRole('link', { name: 'Unusual' }).click();
  await page.getByText('12 of 40 photos are compared').waitFor();
  isReady = true;
  await tiles(page).first().waitFor();
});

test.each([DESKTOP, PHONE])('nothing stands against WCAG at $width pixels', async (viewport) => {
  const page = await openView('#/unusual', viewport);
  await page.getByLabel('Folder').waitFor();
  await expectNoViolations(page);
  await expectNoSidewaysScroll(page);
});
