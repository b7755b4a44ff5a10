// Searching in a real browser: by words, filters, pictures and feedback, by keyboard, on a phone, and over a restart.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectNoSidewaysScroll, expectNoViolations, PHONE, setUp } from './harness';

const stage = setUp();

const box = (page: Page) => page.getByRole('combobox', { name: 'Search photos' });
const matches = (page: Page) => page.getByRole('list', { name: 'Matches' }).getByRole('link');
const nameOf = async (page: Page, list = 'Matches') =>
  (await page.getByRole('list', { name: list }).getByRole('link').first().getAttribute('aria-label'))?.split(',')[0];

async function searchFor(page: Page, query: string) {
  await box(page).fill(query);
  await page.waitForURL((url) => new URLSearchParams(url.hash.split('?')[1]).get('q') === query);
  await page.getByRole('list', { name: /Matches|Photos further away/ }).first().waitFor();
}

test('words find a photo while they are typed, and the address holds the search', async () => {
  const page = await stage.open();
  await box(page).pressSequentially('a cup of coffee', { delay: 10 });
  await expect.poll(() => nameOf(page)).toBe('coffee.jpg');
  expect(page.url()).toContain('q=a+cup+of+coffee');
  await page.reload();
  await expect.poll(() => nameOf(page)).toBe('coffee.jpg');
  await page.goBack();
  await page.getByRole('heading', { name: 'What are you looking for?' }).waitFor();
  await page.goForward();
  await expect.poll(() => nameOf(page)).toBe('coffee.jpg');
});

test('a stricter search shows fewer matches, a laxer one more', async () => {
  const page = await stage.open('#/search?q=an+animal&strictness=0');
  const list = page.getByRole('list', { name: 'Matches' }).getByRole('listitem');
  const number = async () => ((await list.count()) === 0 ? 0 : Number(await list.first().getAttribute('aria-setsize')));
  await expect.poll(number).toBe(21);
  await page.getByRole('slider', { name: 'Strictness' }).fill('95');
  await expect.poll(number).toBeLessThan(5);
  expect(page.url()).toContain('strictness=95');
  await page.getByRole('slider', { name: 'Strictness' }).fill('0');
  await expect.poll(number).toBe(21);
});

test('weaker matches are shown when asked for', async () => {
  const page = await stage.open('#/search?q=a+cat');
  await page.getByRole('button', { name: /weaker match/ }).click();
  await page.getByRole('heading', { name: 'Further away' }).waitFor();
  expect(await page.getByRole('list', { name: 'Photos further away' }).getByRole('link').count()).toBeGreaterThan(3);
});

test('filters come from what the library holds, and leave as chips', async () => {
  const page = await stage.open('#/search?q=a+photo');
  await page.getByRole('button', { name: 'Filters' }).click();
  const panel = page.getByRole('complementary', { name: 'Filters' });
  await panel.getByRole('button', { name: /animals/ }).click();
  await expect.poll(() => page.url()).toContain('in%3A');
  const chip = page.getByRole('button', { name: /^Remove Folder/ });
  await chip.waitFor();
  await expect.poll(async () => {
    const weaker = page.getByRole('button', { name: /weaker match/ });
    if (await weaker.isVisible()) await weaker.click();
    const titles = await page.locator('main li a').evaluateAll((links) => links.map((link) => (link as HTMLElement).title));
    return titles.length > 0 && titles.every((title) => title.includes('/animals/'));
  }).toBe(true);
  await chip.click();
  await expect.poll(() => page.url()).not.toContain('in%3A');
});

test('a filter that is begun is completed by keys', async () => {
  const page = await stage.open();
  await box(page).pressSequentially('typ');
  await page.getByRole('option', { name: /type:/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => box(page).inputValue()).toBe('type:');
  await page.getByRole('option', { name: /type:jpeg/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => box(page).inputValue()).toBe('type:jpeg ');
  await expect.poll(() => matches(page).count()).toBeGreaterThan(10);
});

test('a mistake in a query is told beside it, and what was found stays', async () => {
  const page = await stage.open();
  await searchFor(page, 'a cat');
  await box(page).fill('a cat taken:yesterdays');
  await expect.poll(() => page.locator('#query-problem').textContent()).toContain('taken');
  expect(await nameOf(page)).toBe('cat.jpg');
});

test('more like this and less like this lead the search', async () => {
  const page = await stage.open('#/search?q=an+animal&strictness=0');
  const first = matches(page).first();
  await first.hover();
  await page.getByRole('button', { name: /^More like/ }).first().click();
  await expect.poll(() => page.url()).toMatch(/like=[0-9a-f]{32}/);
  const disliked = await nameOf(page);
  await matches(page).first().hover();
  await page.getByRole('button', { name: /^Less like/ }).first().click();
  await expect.poll(() => page.url()).toMatch(/unlike=[0-9a-f]{32}/);
  await expect.poll(() => nameOf(page)).not.toBe(disliked);
  await page.getByRole('button', { name: /^Less like this/ }).click();
  await expect.poll(() => page.url()).not.toContain('unlike');
});

test('photos stand in the order of dates and in groups', async () => {
  const page = await stage.open('#/search');
  await page.getByRole('link', { name: 'Browse all photos by date' }).click();
  await page.getByRole('heading', { level: 2, name: /Without a date|\d{4}/ }).first().waitFor();
  await page.getByLabel('Group').selectOption('folder');
  await page.getByRole('heading', { level: 2, name: /animals/ }).waitFor();
  expect(await page.getByRole('heading', { level: 2, name: /animals|people|places|plants|science|things/ }).count()).toBe(6);
});

test('a search is saved, opened and forgotten', async () => {
  const page = await stage.open('#/search?q=a+cat&strictness=60');
  const saved = page.getByRole('button', { name: 'Saved searches' });
  await saved.click();
  await page.getByLabel('Save this search').fill('Cats');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('link', { name: 'Cats' }).waitFor();
  await page.goto(`${stage.foray.url}/#/search`);
  await saved.click();
  await page.getByRole('link', { name: 'Cats' }).click();
  await expect.poll(() => nameOf(page)).toBe('cat.jpg');
  await saved.click();
  await page.getByRole('button', { name: 'Forget Cats' }).click();
  await page.getByText('No search is saved yet.').waitFor();
});

test('a picture is searched with, and its chip takes it away', async () => {
  const page = await stage.open();
  const picture = join(stage.foray.photos, 'things/coffee.jpg');
  await page.locator('input[type=file]').setInputFiles(picture);
  await expect.poll(() => nameOf(page)).toBe('coffee.jpg');
  await page.getByRole('button', { name: 'Remove coffee.jpg' }).click();
  await page.getByRole('heading', { name: 'What are you looking for?' }).waitFor();
});

test('selected photos are ranked, told apart and downloaded', async () => {
  const page = await stage.open('#/search?q=in%3Aanimals');
  await page.getByRole('checkbox', { name: 'Select cat.jpg' }).click();
  await page.getByRole('link', { name: /^motion-study.jpg/ }).click({ modifiers: ['Shift'] });
  await page.getByText('3 selected').waitFor();

  await page.getByRole('button', { name: 'Rank' }).click();
  await page.getByLabel('Description').fill('a moose in the grass');
  await page.getByRole('dialog').getByRole('button', { name: 'Rank' }).click();
  await expect.poll(() => page.getByRole('dialog').locator('li .name').first().textContent()).toBe('moose.jpg');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Classify' }).click();
  await page.getByLabel('Names').fill('cat, moose');
  await page.getByRole('dialog').getByRole('button', { name: 'Classify' }).click();
  const told = page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'cat.jpg' });
  await expect.poll(() => told.locator('strong').textContent()).toMatch(/^cat/);
  await page.keyboard.press('Escape');

  // Without the browser's own dialog for saving, which no test can answer.
  await page.evaluate(() => delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download as ZIP' }).click()]);
  const archive = readFileSync(await download.path());
  const cat = readFileSync(join(stage.foray.photos, 'animals/cat.jpg'));
  expect(archive.subarray(0, 2).toString()).toBe('PK');
  expect(archive.includes(cat), 'the photo as it is').toBe(true);
  await page.getByRole('button', { name: 'Clear the selection' }).click();
  await expect.poll(() => page.getByText('3 selected').count()).toBe(0);
});

test('selected photos get a tag by hand, which the filters then offer and the viewer shows', async () => {
  const page = await stage.open('#/search?q=in%3Aanimals');
  await page.getByRole('button', { name: 'Filters' }).click();
  const filters = page.getByRole('complementary', { name: 'Filters' });
  await page.getByRole('checkbox', { name: 'Select cat.jpg' }).click();
  await page.getByRole('link', { name: /^motion-study.jpg/ }).click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Tag…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tag', { exact: true }).fill('beloved');
  await dialog.getByRole('button', { name: 'Give the tag' }).click();
  await dialog.getByText('3 photos got the tag “beloved”.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear the selection' }).click();
  await filters.getByRole('button', { name: /^beloved/ }).click();
  await expect.poll(() => matches(page).count()).toBe(3);
  await matches(page).first().click();
  await dialog.getByText('beloved', { exact: true }).waitFor();
});

test('Escape closes a dialog whose text was clicked, and leaves the selection', async () => {
  const page = await stage.open('#/search?q=in%3Aanimals');
  await page.getByRole('checkbox', { name: 'Select cat.jpg' }).click();
  for (const name of ['Tag…', 'Rank']) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('dialog').getByRole('heading').click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByText('1 selected').count()).toBe(1);
  }
});

test('everything is reached by keys', async () => {
  const page = await stage.open('#/search?q=in%3Aanimals');
  await matches(page).first().waitFor();
  await page.locator('main').focus();
  await page.keyboard.press('/');
  expect(await box(page).evaluate((input) => input === document.activeElement)).toBe(true);
  await matches(page).first().focus();
  await page.keyboard.press('ArrowRight');
  const second = await matches(page).nth(1).getAttribute('aria-label');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(second);
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(second);
});

test('a phone shows all of it without scrolling sideways', async () => {
  const page = await stage.open('#/search?q=in%3Aanimals', { viewport: PHONE, hasTouch: true, isMobile: true });
  await matches(page).first().waitFor();
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Filters' }).tap();
  await page.getByRole('complementary', { name: 'Filters' }).waitFor();
  await expectNoSidewaysScroll(page);
});

test('languages and colours are chosen and kept', async () => {
  const page = await stage.open();
  await page.getByRole('button', { name: 'Preferences' }).click();
  await page.getByLabel('Deutsch').check();
  await page.getByLabel('Dunkel').check();
  await page.reload();
  await page.getByRole('heading', { name: 'Wonach suchen Sie?' }).waitFor();
  expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme])).toEqual(['de', 'dark']);
});

test('nothing stands in the way of anyone', async () => {
  const page = await stage.open();
  await page.getByRole('list', { name: 'Examples' }).waitFor();
  await expectNoViolations(page);
  await searchFor(page, 'an animal -tag:blurred');
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByRole('complementary', { name: 'Filters' }).getByRole('list').first().waitFor();
  await page.locator('main [role=checkbox]').first().click();
  await expectNoViolations(page);
  await page.getByRole('button', { name: 'Classify' }).click();
  await expectNoViolations(page);
});

test('a server that goes is told of, and when it is back the page goes on', async () => {
  const page = await stage.open('#/search?q=a+cat');
  await expect.poll(() => nameOf(page)).toBe('cat.jpg');
  await stage.foray.stop();
  await page.getByRole('alert').getByText('does not answer').waitFor();
  expect(await nameOf(page)).toBe('cat.jpg');
  await stage.foray.serve('serve');
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  await box(page).fill('a cup of coffee');
  await expect.poll(() => nameOf(page)).toBe('coffee.jpg');
});
