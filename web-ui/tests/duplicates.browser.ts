// The review of duplicates: what stays and goes, what a reload remembers, and an exported script that is run for real.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DESKTOP, expectNoSidewaysScroll, expectNoViolations, Foray, PHONE, setUp } from './harness';

const NASTY = `it's "a" copy $(of) moose.jpg`;

const paths = (foray: Foray) => ({
  moose: join(foray.photos, 'animals/moose.jpg'),
  copy: join(foray.photos, 'copies', NASTY),
  cat: join(foray.photos, 'animals/cat.jpg'),
  latin: Buffer.concat([Buffer.from(join(foray.photos, 'copies/')), Buffer.from('ch\xe2t.jpg', 'latin1')]),
  version: join(foray.photos, 'copies/boats again.jpg'),
});

async function start(): Promise<Foray> {
  const foray = await Foray.start();
  await foray.stop();
  mkdirSync(join(foray.photos, 'copies'));
  const { moose, copy, cat, latin, version } = paths(foray);
  copyFileSync(moose, copy);
  copyFileSync(cat, latin);
  // The same picture in another file: what comes after the end of a JPEG is not looked at.
  writeFileSync(version, Buffer.concat([readFileSync(join(foray.photos, 'places/boats.jpg')), Buffer.alloc(64)]));
  foray.run('index', '--quiet', foray.photos);
  await foray.serve('serve');
  return foray;
}

const stage = setUp(start);

const groups = (page: Page) => page.getByRole('article');
const group = (page: Page, name: string) => page.getByRole('article', { name: new RegExp(`^Group \\d+, ${name}`) });
const picture = (page: Page, name: string, file: string) => group(page, name).getByRole('button', { name: `Stays: ${file}` });

async function openView(hash = '#/duplicates', viewport = DESKTOP): Promise<Page> {
  const page = await stage.open(hash, { viewport });
  await groups(page).first().waitFor();
  return page;
}

async function download(page: Page, name: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
  return readFileSync(await file.path(), 'utf8');
}

test('groups stand side by side, with a suggestion and its reason, and nothing is decided', async () => {
  const page = await openView();
  await expect.poll(() => groups(page).count()).toBe(3);
  const moose = group(page, 'moose.jpg');
  expect(await moose.getByRole('button', { pressed: true }).count()).toBe(0);
  expect(await moose.innerText()).toMatch(/Same file\s+moose\.jpg\s+Not decided/);
  expect(await moose.innerText()).toContain('Suggested: ');
  expect(await moose.innerText()).toContain(NASTY);
  expect(await page.getByText('Nothing decided yet').isVisible()).toBe(true);
});

test('kinds have tabs, and the address remembers which one is open', async () => {
  const page = await openView();
  await page.getByRole('navigation', { name: 'Kinds of duplicates' }).getByRole('link', { name: 'Same picture' }).click();
  await expect.poll(() => groups(page).count()).toBe(1);
  expect(new URL(page.url()).hash).toBe('#/duplicates?kind=near');
  expect(await groups(page).innerText()).toContain('boats');
  await page.getByRole('link', { name: 'Series' }).click();
  await page.getByText('No scene was taken several times within seconds.').waitFor();
});

test('a press picks what stays, and a reload loses nothing', async () => {
  const page = await openView();
  await picture(page, 'moose.jpg', 'it').click();
  await page.getByText('1 group decided: 1 file to go').waitFor();
  await page.reload();
  await groups(page).first().waitFor();
  expect(await picture(page, 'moose.jpg', 'it').getAttribute('aria-pressed')).toBe('true');
  expect(await picture(page, 'moose.jpg', 'moose').getAttribute('aria-pressed')).toBe('false');
  await picture(page, 'moose.jpg', 'it').click();
  expect(await picture(page, 'moose.jpg', 'it').getAttribute('aria-pressed'), 'the last one stays').toBe('true');
  await group(page, 'moose.jpg').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Nothing decided yet').waitFor();
});

test('keys lead through the groups and decide', async () => {
  const page = await openView();
  const focused = () => page.evaluate(() => document.activeElement?.closest('article')?.getAttribute('aria-label') ?? '');
  await groups(page).first().getByRole('button', { name: /^Stays: / }).first().focus();
  expect(await focused()).toMatch(/^Group 1,/);
  await page.keyboard.press('s');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toMatch(/^Group 2,/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('a');
  await page.getByText('3 groups decided: 2 files to go').waitFor();
  expect(await groups(page).nth(2).innerText()).toContain('All stay');
  await page.keyboard.press('u');
  await page.getByText('2 groups decided').waitFor();
});

test('the script moves what goes, whatever it is called, and leaves alone what has changed', async () => {
  const { moose, copy, cat, latin, version } = paths(stage.foray);
  const trash = join(stage.foray.folder, 'set aside');
  const page = await openView();
  await page.getByRole('button', { name: /^Take the suggestion for 3 shown groups/ }).click();
  // Among copies, those in the folder of copies go.
  await picture(page, 'moose.jpg', 'moose').click();
  await page.getByRole('button', { name: 'Export…' }).click();
  const field = page.getByLabel('Folder to move them into');
  await field.fill(join(stage.foray.photos, 'trash'));
  await page.getByText('Foray would find the files there again').waitFor();
  await field.fill(trash);
  const script = await download(page, 'Shell script');
  expect([existsSync(copy), existsSync(latin)], 'Foray itself moves nothing').toEqual([true, true]);

  const removed = JSON.parse(await download(page, 'JSON')).groups.flatMap((group: { remove: object[] }) => group.remove);
  expect(removed).toHaveLength((await download(page, 'Plain list')).trim().split('\n').length);

  writeFileSync(version, 'edited meanwhile');
  const run = spawnSync('sh', { input: script, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(1);
  expect(run.stderr).toContain('2 files moved');
  const isInTrash = (path: string | Buffer) => existsSync(Buffer.concat([Buffer.from(trash), Buffer.from(path)]));
  for (const twins of [[moose, copy], [cat, latin]]) {
    expect(twins.map((path) => existsSync(path) !== isInTrash(path))).toEqual([true, true]);
    expect(twins.filter(isInTrash)).toHaveLength(1);
  }
  expect(existsSync(version), 'what has changed stays').toBe(true);
});

test('decisions about a group that is gone are left out', async () => {
  const page = await openView();
  await group(page, 'moose.jpg').getByRole('button', { name: 'As suggested' }).click();
  await page.evaluate(() => {
    const place = Object.keys(localStorage).find((key) => key.startsWith('duplicates '))!;
    const [decision] = JSON.parse(localStorage.getItem(place)!);
    decision.files[0].bytes += 1;
    localStorage.setItem(place, JSON.stringify([decision]));
  });
  await page.reload();
  await groups(page).first().waitFor();
  await page.getByRole('button', { name: 'Export…' }).click();
  await page.getByText('1 decision left out').waitFor();
  await page.getByText('No file is to go.').waitFor();
});

test('nobody is shut out, and a phone is wide enough', async () => {
  const page = await openView('#/duplicates', PHONE);
  await groups(page).first().getByRole('button', { name: 'As suggested' }).click();
  await expectNoSidewaysScroll(page);
  await expectNoViolations(page);
  await page.getByRole('button', { name: 'Export…' }).click();
  await page.getByRole('button', { name: 'Shell script', exact: true }).waitFor();
  await expectNoViolations(page);
});

test('a refusal is shown, and the way out', async () => {
  const page = await stage.open();
  const problem = { status: 500, contentType: 'application/problem+json', body: JSON.stringify({ detail: 'the disk is on fire' }) };
  await page.route('**/api/v1/duplicates*', (route) => route.fulfill(problem), { times: 1 });
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Duplicates' }).click();
  await page.getByText('the disk is on fire').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await groups(page).first().waitFor();
});
