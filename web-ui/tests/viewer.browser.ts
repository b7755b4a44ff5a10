// The viewer over real photos: zoom, what is known of a photo, why it matched, and all of it by keyboard.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DESKTOP, expectNoSidewaysScroll, expectNoViolations, Foray, PHONE, setUp } from './harness';

/** What somebody noted of the moose, in a file beside it. */
const SIDECAR = `<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/'
 xmlns:dc='http://purl.org/dc/elements/1.1/' xmp:Rating='4' exif:DateTimeOriginal='2023-06-01T12:00:05'
 exif:GPSLatitude='64,50.1N' exif:GPSLongitude='147,43.2W'>
<dc:subject><rdf:Bag><rdf:li>wild animal</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>`;

async function start(): Promise<Foray> {
  const foray = await Foray.start();
  await foray.stop();
  writeFileSync(join(foray.photos, 'animals/moose.jpg.xmp'), SIDECAR);
  foray.run('index', '--quiet', foray.photos);
  await foray.serve('serve');
  return foray;
}

const stage = setUp(start);

const MOOSE = '#/search?q=a%20moose';

/** Opens the first photo of a search. */
async function openFirst(hash: string, viewport = DESKTOP): Promise<Page> {
  const page = await stage.open(hash, { viewport });
  await page.locator('main li a').first().click();
  await picture(page).waitFor();
  return page;
}

const viewer = (page: Page) => page.locator('dialog.viewer');
const picture = (page: Page) => viewer(page).locator('figure img[alt]:not([alt=""]):not(.waiting)');
const scale = (page: Page) => viewer(page).getByRole('group', { name: 'Zoom' }).getByRole('button').nth(1).innerText();
const fact = (page: Page, name: string) => viewer(page).locator('dl > div', { hasText: name }).locator('dd');
const route = (page: Page) => decodeURIComponent(new URL(page.url()).hash).replaceAll('+', ' ');

test('a photo is enlarged by keys, wheel and double click, moved, and fitted again', async () => {
  const page = await openFirst(MOOSE);
  expect(await scale(page)).toBe('100 %');
  await page.keyboard.press('+');
  expect(await scale(page)).toBe('150 %');
  const before = (await picture(page).boundingBox())!;
  await page.keyboard.press('Shift+ArrowRight');
  expect((await picture(page).boundingBox())!.x).toBeLessThan(before.x);
  await page.keyboard.press('-');
  expect(await scale(page)).toBe('100 %');

  const { x, y, width, height } = (await picture(page).boundingBox())!;
  const spot = { x: x + width / 4, y: y + height / 4 };
  await page.mouse.move(spot.x, spot.y);
  await page.mouse.wheel(0, -400);
  await expect.poll(() => scale(page)).not.toBe('100 %');
  const enlarged = (await picture(page).boundingBox())!;
  expect((spot.x - enlarged.x) / enlarged.width).toBeCloseTo(0.25, 1);
  await page.keyboard.press('0');
  expect(await scale(page)).toBe('100 %');

  await page.mouse.dblclick(spot.x, spot.y);
  await expect.poll(() => scale(page)).toBe('250 %');
  const held = (await picture(page).boundingBox())!;
  await page.mouse.down();
  await page.mouse.move(spot.x + 40, spot.y + 30, { steps: 4 });
  await page.mouse.up();
  const dragged = (await picture(page).boundingBox())!;
  expect([dragged.x - held.x, dragged.y - held.y].map(Math.round)).toEqual([40, 30]);
});

test('fingers pinch, and a stroke turns the page', async () => {
  const page = await openFirst('#/search?q=animal', PHONE);
  const box = (await picture(page).boundingBox())!;
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const session = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: { x: number; y: number }[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
  const apart = (distance: number) => [-1, 1].map((side) => ({ x: middle.x + side * distance, y: middle.y }));
  await touch('touchStart', ...apart(30));
  await touch('touchMove', ...apart(60));
  await touch('touchMove', ...apart(90));
  await touch('touchEnd');
  await expect.poll(() => scale(page)).toBe('300 %');
  await page.keyboard.press('0');

  const name = await viewer(page).getAttribute('aria-label');
  await touch('touchStart', { x: 300, y: middle.y });
  await touch('touchMove', { x: 200, y: middle.y });
  await touch('touchMove', { x: 90, y: middle.y });
  await touch('touchEnd');
  await expect.poll(() => viewer(page).getAttribute('aria-label')).not.toBe(name);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => viewer(page).getAttribute('aria-label')).toBe(name);
});

test('what is known of a photo leads to others like it, its place to a map', async () => {
  const page = await openFirst(MOOSE);
  expect(await viewer(page).getAttribute('aria-label')).toBe('moose.jpg');
  await viewer(page).getByRole('img', { name: /^World map with a dot at 64\.8350° N, 147\.7200° W/ }).waitFor();
  expect(await fact(page, 'Taken').innerText()).toContain('2023');
  expect(await fact(page, 'Rating').innerText()).toBe('★★★★');
  await fact(page, 'Keywords').getByRole('link', { name: 'wild animal' }).click();
  await viewer(page).waitFor({ state: 'detached' });
  expect(route(page)).toBe('#/search?q=tag:"wild animal"');
  await expect.poll(() => page.locator('main li a').count()).toBe(1);

  await page.goBack();
  await fact(page, 'Place').getByRole('link').click();
  expect(route(page)).toBe('#/search?q=near:64.8350,-147.7200,50km');
  await page.goBack();
  await viewer(page).getByTitle('All photos of this folder').click();
  await expect.poll(() => page.locator('main li a').count()).toBe(5);
});

test('why it matched: what each part of the query adds', async () => {
  const page = await openFirst('#/search?q=a%20moose%20-%20snow');
  await viewer(page).getByText('Why it matched').click();
  const shares = viewer(page).locator('details li');
  await shares.first().waitFor();
  expect(await shares.count()).toBe(2);
  const values = await shares.locator('.value').allInnerTexts();
  const sum = values.map((value) => Number(value.replace('−', '-'))).reduce((sum, value) => sum + value, 0);
  const total = parseFloat(await fact(page, 'Score').innerText());
  expect(sum).toBeCloseTo(total, 2);
  expect(await shares.last().innerText()).toContain('weight -1');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => fact(page, 'Score').innerText()).not.toContain(total.toFixed(3));
  await shares.first().waitFor();
});

test('more like this and less like this direct the search', async () => {
  const page = await openFirst('#/search?q=animal');
  const id = new URLSearchParams(route(page).split('?')[1]).get('photo');
  await viewer(page).getByRole('button', { name: 'More like this' }).click();
  await viewer(page).waitFor({ state: 'detached' });
  expect(route(page)).toBe(`#/search?q=animal&like=${id}`);
  await page.goBack();
  await viewer(page).getByRole('button', { name: 'Less like this' }).click();
  expect(route(page)).toBe(`#/search?q=animal&unlike=${id}`);
});

test('keys: the list of them, the panel, a download, and back to where it was opened', async () => {
  const page = await stage.open(MOOSE);
  const first = page.locator('main li a').first();
  await first.focus();
  await page.keyboard.press('Enter');
  await picture(page).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('i');
  await viewer(page).getByRole('complementary').waitFor({ state: 'detached' });
  await page.keyboard.press('i');
  await viewer(page).getByRole('complementary').waitFor();
  const download = page.waitForEvent('download');
  await page.keyboard.press('d');
  expect((await download).suggestedFilename()).toBe('moose.jpg');
  await page.keyboard.press('Escape');
  await viewer(page).waitFor({ state: 'detached' });
  expect(await first.evaluate((link) => link === document.activeElement)).toBe(true);
});

test('a photo opened by its address alone has everything but pages to turn', async () => {
  const id = new URLSearchParams(route(await openFirst(MOOSE)).split('?')[1]).get('photo');
  const page = await stage.open(`#/library?photo=${id}`);
  await picture(page).waitFor();
  expect(await viewer(page).getByRole('button', { name: 'Next photo' }).count()).toBe(0);
  await viewer(page).getByRole('region', { name: 'Similar photos' }).getByRole('link').first().click();
  await expect.poll(() => route(page)).not.toContain(id);
  await page.goBack();
  await expect.poll(() => route(page)).toContain(id);
});

test('an unknown photo says so', async () => {
  const page = await stage.open(`#/search?photo=${'0'.repeat(32)}`);
  await page.getByRole('heading', { name: 'This photo cannot be shown' }).waitFor();
  await page.keyboard.press('Escape');
  await viewer(page).waitFor({ state: 'detached' });
});

test('it speaks German and Chinese', async () => {
  const page = await stage.open(MOOSE, { locale: 'de-DE' });
  await page.locator('main li a').first().click();
  await viewer(page).getByText('Warum es gefunden wurde').waitFor();
  const other = await stage.open(MOOSE, { locale: 'zh-CN' });
  await other.locator('main li a').first().click();
  await viewer(other).getByText('为什么匹配').waitFor();
});

test.each([DESKTOP, PHONE])('nothing stands against WCAG at $width pixels', async (viewport) => {
  const page = await openFirst(MOOSE, viewport);
  await viewer(page).getByText('Why it matched').click();
  await viewer(page).locator('details li').first().waitFor();
  await viewer(page).getByRole('img', { name: /^World map/ }).waitFor();
  await expectNoViolations(page);
  await expectNoSidewaysScroll(page);
});
