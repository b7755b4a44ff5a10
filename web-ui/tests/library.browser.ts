// The library's view: from an empty library to the first search, and what is changed there.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectNoSidewaysScroll, expectNoViolations, Foray, PHONE, setUp } from './harness';

const SAMPLES = resolve(import.meta.dirname, '../../tests/samples');
const SECTIONS = ['folders', 'activity', 'failures', 'models', 'system', 'people'];

const stage = setUp(() => Foray.empty());

let session: BrowserContextOptions['storageState'];

/** The page as whoever started the program sees it: opened once by the link that was printed, and remembered from then on. */
async function asAdmin(section: string, options?: BrowserContextOptions): Promise<Page> {
  const hash = `#/library?section=${section}`;
  if (session) return stage.open(hash, { ...options, storageState: session });
  const page = await stage.open(stage.foray.link.slice(stage.foray.url.length + 1), options);
  await expect.poll(async () => (await answer(page, 'session')).role).toBe('admin');
  session = await page.context().storageState();
  await page.evaluate((hash) => (location.hash = hash), hash);
  return page;
}

const answer = (page: Page, path: string) => page.evaluate(async (path) => (await fetch(`api/v1/${path}`)).json(), path);

const status = async () => (await fetch(`${stage.foray.url}/api/v1/status`)).json();

const eventually = (ask: () => Promise<unknown>) => expect.poll(ask, { timeout: 30_000, interval: 200 });

describe('an empty library', () => {
  test('leads from a folder to the first search', async () => {
    cpSync(SAMPLES, stage.foray.photos, { recursive: true });
    writeFileSync(join(stage.foray.photos, 'broken.jpg'), 'no photo');
    const page = await asAdmin('folders');
    await page.getByRole('heading', { name: 'Three steps to your first search' }).waitFor();
    expect(await page.getByRole('link', { name: 'Go to the search' }).count()).toBe(0);
    await expectNoViolations(page);

    await page.getByLabel('Or type where it is').fill('pictures');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    expect(await page.getByRole('alert').textContent()).toContain('absolute path');

    await page.getByRole('button', { name: 'Choose a folder' }).click();
    const picker = page.getByRole('dialog', { name: 'Choose a folder with photos' });
    await picker.getByRole('listitem').first().waitFor();
    await expectNoViolations(page);
    await picker.getByRole('button', { name: 'Cancel' }).click();

    await page.getByLabel('Or type where it is').fill(stage.foray.photos);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: `Remove ${stage.foray.photos}` }).waitFor();
    await page.getByRole('link', { name: 'Go to the search' }).click();
    expect(page.url()).toMatch(/#\/search$/);
    await page.getByRole('combobox', { name: 'Search photos' }).waitFor();
    await eventually(async () => (await status()).progress.phase).toBe('watching');
  });
});

describe('a library with photos', () => {
  test.each(SECTIONS)('%s can be read by all, on a phone too', async (section) => {
    const page = await asAdmin(section, { viewport: PHONE });
    await page.locator('.library h2').first().waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
    await expectNoViolations(page);
    await expectNoSidewaysScroll(page);
  });

  test('a folder is added by walking to it, and removed after a question', async () => {
    const more = join(stage.foray.folder, 'more');
    mkdirSync(more, { recursive: true });
    const sample = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.jpg'))!;
    cpSync(join(SAMPLES, sample), join(more, 'one.jpg'));
    const page = await asAdmin('folders');
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    const picker = page.getByRole('dialog', { name: 'Choose a folder with photos' });
    await picker.getByRole('button', { name: '/', exact: true }).click();
    for (const name of more.split('/').filter(Boolean)) await picker.getByRole('button', { name, exact: true }).click();
    await picker.getByRole('button', { name: 'Add this folder' }).click();
    await page.getByRole('button', { name: `Remove ${more}` }).click();

    const question = page.getByRole('dialog', { name: 'Stop following this folder?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    expect((await answer(page, 'indexer')).watched.roots).toContain(more);

    await page.getByRole('button', { name: `Remove ${more}` }).click();
    await question.getByRole('button', { name: 'Stop following' }).click();
    await question.waitFor({ state: 'detached' });
    expect((await answer(page, 'indexer')).watched.roots).toEqual([stage.foray.photos]);
    expect(existsSync(join(more, 'one.jpg'))).toBe(true);
  });

  test('what is left out leaves the library, and comes back', async () => {
    const page = await asAdmin('folders');
    const before = (await status()).files;
    const exclude = page.getByLabel('Leave out', { exact: true });
    await exclude.fill('*.jpg');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. The folders are gone over anew.').waitFor();
    await eventually(async () => (await status()).files).toBeLessThan(before);
    await exclude.fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => (await status()).files).toBe(before);
  });

  test('it is paused for a while, and resumed', async () => {
    const page = await asAdmin('activity');
    await page.getByRole('button', { name: 'For 15 minutes' }).click();
    await page.getByText('Paused for another 15 min').waitFor();
    await eventually(async () => (await status()).progress.phase).toBe('paused');
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Up to date, and watching for changes').waitFor();
    expect((await answer(page, 'indexer')).is_open).toBe(true);
  });

  test('a time of the day is kept as its schedule', async () => {
    const page = await asAdmin('activity');
    await page.getByLabel('Time of the day').fill('04:30');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Next time:').waitFor();
    expect((await answer(page, 'indexer')).schedule).toBe('30 4 * * *');

    await page.getByLabel('Cron expression', { exact: true }).fill('every morning');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    expect((await answer(page, 'indexer')).schedule).toBe('30 4 * * *');
  });

  test('a tidied library says what was done', async () => {
    const page = await asAdmin('activity');
    await page.getByRole('button', { name: 'Tidy up now' }).click();
    await page.getByText(/^Done in .*0 photos forgotten/).waitFor();
  });

  test('failures stand under their reason, and are tried again', async () => {
    const page = await asAdmin('failures');
    const { failures } = await answer(page, 'failures');
    const { reason } = failures.find(({ path }: { path: string }) => path.endsWith('broken.jpg'));
    const group = page.locator('section', { has: page.getByRole('heading', { name: reason }) });
    await group.getByText('broken.jpg').waitFor();
    await page.getByRole('button', { name: 'Try all again' }).click();
    await page.getByText(`Trying ${failures.length} file`).waitFor();
  });

  test('the model in use covers all photos', async () => {
    const page = await asAdmin('models');
    const builtin = page.getByRole('listitem', { name: 'builtin' });
    await builtin.getByText('In use').waitFor();
    expect(await builtin.getByRole('meter').getAttribute('aria-valuenow')).toBe('100');
    expect(await page.getByRole('button', { name: 'Download ViT-B-16-SigLIP2__webli' }).isEnabled()).toBe(true);
  });

  test('the system tells what computes, and the room that it takes', async () => {
    const page = await asAdmin('system');
    const { library, backend } = await status();
    await page.getByText(library, { exact: true }).waitFor();
    await page.getByText(`${backend.backend} ${backend.version}`).waitFor();
    await page.getByText(/ are free there\.$/).waitFor();
  });

  test('whoever has not the link may look, and is told the way', async () => {
    const page = await stage.open('#/library');
    await page.getByText('open the page by the link that foray up printed').waitFor();
    expect(await page.getByRole('button', { name: 'Choose a folder' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: `Remove ${stage.foray.photos}` }).isDisabled()).toBe(true);
    await expectNoViolations(page);
  });
});
