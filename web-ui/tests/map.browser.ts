// The map of the library in a real browser: its points and thumbnails, gestures and keys, lasso and filter, and its load.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { syntheticMap } from '../src/views/map/synthetic-map';
import { DESKTOP, expectNoSidewaysScroll, expectNoViolations, Foray, PHONE, setUp } from './harness';
import { addPhotos } from './large-library';

const PREPARED_MS = 30_000;

/** So many, and with dates, that they form groups. */
const stage = setUp(async () => {
  const foray = await Foray.start();
  await foray.stop();
  addPhotos(foray, 400);
  await foray.serve('serve');
  return foray;
});

async function openMap(hash = '#/map', options = {}): Promise<Page> {
  const page = await stage.open(hash, options);
  await inView(page).waitFor({ timeout: PREPARED_MS });
  return page;
}

/**
 * A load test: the map of photos that do not exist, in place of the server's. The only answer that tests make up. Without a service
 * worker, past which it would not come.
 */
async function openLargeMap(points: number, options = {}): Promise<Page> {
  const page = await stage.open('#/prompts', { serviceWorkers: 'block', ...options });
  await page.route('**/api/v1/map*', (route) => route.fulfill({ json: syntheticMap(points) }));
  await page.getByRole('link', { name: 'Map', exact: true }).click();
  await inView(page).waitFor();
  return page;
}

const surface = (page: Page) => page.getByRole('application', { name: 'Map of the photos' });
const inView = (page: Page) => page.getByText(/^[\d,]+ photos? in view$/);
const viewed = async (page: Page) => Number((await inView(page).textContent())!.replace(/\D/g, ''));
const chosen = (page: Page) => page.getByRole('heading', { name: / chosen$/ });
const thumbnails = (page: Page) => page.locator('.thumbnail');
const photosInLibrary = async () => ((await (await fetch(`${stage.foray.url}/api/v1/status`)).json()) as { photos: number }).photos;
const route = (page: Page) => decodeURIComponent(new URL(page.url()).hash).replaceAll('+', ' ');

/** A place on the map's surface, given in shares of its size. */
async function placed(page: Page, x: number, y: number): Promise<[number, number]> {
  const box = (await surface(page).boundingBox())!;
  return [box.x + x * box.width, box.y + y * box.height];
}

async function drag(page: Page, ...places: [number, number][]) {
  await page.mouse.move(...(await placed(page, ...places[0]!)));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...(await placed(page, ...place)), { steps: 6 });
  await page.mouse.up();
}

/** How many pixels of the map differ from its ground, without what lies over the points. */
async function drawnPixels(page: Page): Promise<number> {
  await page.addStyleTag({ content: '.stage > :not(canvas) { visibility: hidden !important; }' });
  const picture = (await page.locator('.stage').screenshot()).toString('base64');
  await page.evaluate(() => document.head.querySelector('style:last-of-type')!.remove());
  return page.evaluate(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
    context.drawImage(image, 0, 0);
    // The frame of the stage is not of interest.
    const { data } = context.getImageData(10, 10, image.width - 20, image.height - 20);
    let drawn = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (Math.abs(data[at]! - data[0]!) + Math.abs(data[at + 1]! - data[1]!) + Math.abs(data[at + 2]! - data[2]!) > 60) drawn++;
    }
    return drawn;
  }, picture);
}

test('all photos lie on the map, as points and as thumbnails', async () => {
  const page = await openMap();
  expect(await viewed(page)).toBe(await photosInLibrary());
  expect(await drawnPixels(page)).toBeGreaterThan(100);
  expect(await thumbnails(page).count()).toBeGreaterThan(3);
  const isLoaded = (img: HTMLImageElement) => img.decode().then(() => img.naturalWidth > 0);
  expect(await thumbnails(page).first().locator('img').evaluate(isLoaded)).toBe(true);
});

test('the mouse shows a photo, a click opens it, and the back button returns', async () => {
  const page = await openMap();
  const thumbnail = thumbnails(page).first();
  const address = (await thumbnail.locator('img').getAttribute('src'))!;
  const { x, y, width, height } = (await thumbnail.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.locator(`.stage > div:not(.layer) img[src="${address}"]`).first().waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.getByRole('dialog').waitFor();
  expect(route(page)).toContain(`photo=${address.split('/').at(-2)}`);
  await page.goBack();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await inView(page).waitFor();
});

test('the wheel zooms towards the pointer, and a drag moves the map', async () => {
  const page = await openMap();
  const all = await viewed(page);
  const thumbnail = thumbnails(page).first();
  const before = (await thumbnail.boundingBox())!;
  const middle: [number, number] = [before.x + before.width / 2, before.y + before.height / 2];
  await page.mouse.move(...middle);
  for (let step = 0; step < 10; step++) await page.mouse.wheel(0, -150);
  await expect.poll(() => viewed(page)).toBeLessThan(all);
  const zoomed = (await thumbnail.boundingBox())!;
  // Browsers tell where the wheel was turned in whole pixels, which are magnified with the map.
  expect(Math.abs(zoomed.x + zoomed.width / 2 - middle[0])).toBeLessThan(25);
  await page.mouse.down();
  await page.mouse.move(middle[0] + 60, middle[1] + 30, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => Math.round((await thumbnail.boundingBox())!.x - zoomed.x)).toBe(60);
  expect(route(page)).not.toContain('photo=');
});

test('two fingers magnify the map', async () => {
  const page = await openMap('#/map', { viewport: PHONE, hasTouch: true, isMobile: true });
  const all = await viewed(page);
  const fingers = await page.context().newCDPSession(page);
  const [x, y] = await placed(page, 0.5, 0.5);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', span?: number) =>
    fingers.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: span === undefined ? [] : [{ x: x - span, y, id: 1 }, { x: x + span, y, id: 2 }],
    });
  await touch('touchStart', 15);
  for (let span = 20; span <= 150; span += 10) await touch('touchMove', span);
  await touch('touchEnd');
  await expect.poll(() => viewed(page)).toBeLessThan(all);
  expect(route(page)).not.toContain('photo=');
});

test('keys zoom, move, show all again, and open what is in the middle', async () => {
  const page = await openMap();
  const all = await viewed(page);
  await surface(page).focus();
  for (let step = 0; step < 5; step++) await page.keyboard.press('+');
  await expect.poll(() => viewed(page)).toBeLessThan(all);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('0');
  await expect.poll(() => viewed(page)).toBe(all);
  // Wherever the photos lie: the first step from the middle that finds one.
  for (let step = 0; step < 20 && !(await page.locator('.ring').count()); step++) await page.keyboard.press(step % 5 ? 'ArrowLeft' : '-');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  expect(route(page)).toMatch(/photo=[0-9a-f]{32}/);
});

test('a rectangle catches photos, which can be searched by, listed and selected', async () => {
  const page = await openMap();
  const all = await photosInLibrary();
  await page.keyboard.down('Shift');
  await drag(page, [0.01, 0.01], [0.99, 0.99]);
  await page.keyboard.up('Shift');
  await expect.poll(() => chosen(page).textContent()).toBe(`${all} photos chosen`);

  await page.getByRole('button', { name: 'Show as a list' }).click();
  const listed = page.getByRole('list', { name: 'Chosen photos' });
  // Of a long list, only what is near the window exists.
  const near = listed.getByRole('listitem');
  await near.first().waitFor();
  expect(await near.first().getAttribute('aria-setsize')).toBe(String(Math.min(all, 60)));
  await page.getByRole('button', { name: 'Select these' }).click();
  await expect.poll(() => listed.locator('[role=checkbox][aria-checked=true]').count()).toBeGreaterThan(3);
  expect(await listed.locator('[role=checkbox][aria-checked=false]').count()).toBe(0);

  await page.getByRole('button', { name: 'Search for photos like these' }).click();
  const liked = new URLSearchParams(route(page).split('?')[1]).get('like')!.split(',');
  expect(route(page)).toMatch(/^#\/search/);
  expect(liked).toHaveLength(Math.min(all, 20));
  expect(new Set(liked).size).toBe(liked.length);
});

test('the lasso catches what it encloses, and is laid aside by Escape', async () => {
  const page = await openMap();
  const all = await photosInLibrary();
  const lasso = page.getByRole('button', { name: /^Lasso/ });
  await lasso.click();
  await page.getByText('Draw around the photos that you mean.').waitFor();
  await drag(page, [0.5, 0.02], [0.98, 0.02], [0.98, 0.98], [0.5, 0.98]);
  const right = parseInt((await chosen(page).textContent())!);
  await page.getByRole('button', { name: 'Choose none' }).click();
  await lasso.click();
  await drag(page, [0.5, 0.02], [0.02, 0.02], [0.02, 0.98], [0.5, 0.98]);
  const left = parseInt((await chosen(page).textContent())!);
  expect(left).toBeGreaterThan(0);
  expect(right).toBeGreaterThan(0);
  expect(left + right).toBe(all);
  await surface(page).focus();
  await page.keyboard.press('Escape');
  await chosen(page).waitFor({ state: 'detached' });
  expect(await lasso.getAttribute('aria-pressed')).toBe('false');
});

test('the lasso tags what it caught, and a search finds it by its tag', async () => {
  const page = await openMap();
  await page.getByRole('button', { name: /^Lasso/ }).click();
  await drag(page, [0.5, 0.02], [0.98, 0.02], [0.98, 0.98], [0.5, 0.98]);
  const caught = parseInt((await chosen(page).textContent())!);
  await page.getByRole('button', { name: 'Tag…' }).click();
  const dialog = page.getByRole('dialog', { name: `Tag ${caught} photos` });
  await dialog.getByLabel('Tag', { exact: true }).fill('right half');
  await expectNoViolations(page);
  await page.keyboard.press('Enter');
  await dialog.getByText(`${caught} photos got the tag “right half”.`).waitFor();
  expect(await found('tag:"right half"')).toBe(caught);
  await dialog.getByRole('button', { name: 'Take it away' }).click();
  await dialog.getByText(`${caught} photos lost the tag`).waitFor();
  expect(await found('tag:"right half"')).toBe(0);
});

/** How many photos a search finds. */
async function found(query: string): Promise<number> {
  const answer = await fetch(`${stage.foray.url}/api/v1/search?limit=10000&q=${encodeURIComponent(query)}`);
  return ((await answer.json()) as { results: unknown[] }).results.length;
}

test('who cannot draw chooses what is in view', async () => {
  const page = await openMap();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.getByRole('button', { name: 'Choose all photos in view' }).press('Enter');
  const number = await viewed(page);
  await expect.poll(() => chosen(page).textContent()).toMatch(new RegExp(`^${number} photos? chosen$`));
});

test('a filter leaves the others out; one that is not understood says so', async () => {
  const page = await openMap();
  const all = await viewed(page);
  const field = page.getByRole('searchbox', { name: 'Only photos with' });
  await field.fill('in:animals');
  await field.press('Enter');
  await expect.poll(() => viewed(page)).toBeLessThan(all);
  expect(route(page)).toBe('#/map?filter=in:animals');
  await field.fill('in:nowhere');
  await field.press('Enter');
  await page.getByText('No photo fulfils this filter.').waitFor();
  await field.fill('taken:never');
  await field.press('Enter');
  await page.getByRole('heading', { name: 'The map did not get through' }).waitFor();
  await page.getByRole('button', { name: 'Show all photos' }).click();
  await expect.poll(() => viewed(page)).toBe(all);
});

test('colours follow the question, and the address keeps it', async () => {
  const page = await openMap();
  const colours = () => thumbnails(page).evaluateAll((all) => all.map((one) => getComputedStyle(one).borderColor).join());
  const byGroup = await colours();
  await page.getByRole('radio', { name: 'Date' }).check();
  await expect.poll(colours).not.toBe(byGroup);
  expect(route(page)).toBe('#/map?colour=date');
  await page.getByRole('radio', { name: 'Tags' }).check();
  await page.getByRole('group', { name: 'What the colours mean' }).getByText('Without a tag').waitFor();
  await page.reload();
  expect(await page.getByRole('radio', { name: 'Tags' }).isChecked()).toBe(true);
});

test('a lost graphics card comes back with all points', async () => {
  const page = await openMap();
  const before = await drawnPixels(page);
  await page.locator('.stage canvas').evaluate(async (canvas: HTMLCanvasElement) => {
    const card = canvas.getContext('webgl2')!.getExtension('WEBGL_lose_context')!;
    const happens = (name: string) => new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
    const lost = happens('webglcontextlost');
    card.loseContext();
    await lost;
    const restored = happens('webglcontextrestored');
    // The browser restores none within the same task.
    setTimeout(() => card.restoreContext(), 50);
    await restored;
  });
  await expect.poll(() => drawnPixels(page)).toBe(before);
});

test('a browser without WebGL 2 is told so, and has the groups', async () => {
  const page = await stage.open('#/prompts');
  await page.evaluate(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...[kind, ...rest]: unknown[]) {
      return kind === 'webgl2' ? null : getContext.apply(this, [kind, ...rest] as never);
    } as typeof getContext;
  });
  await page.getByRole('link', { name: 'Map', exact: true }).click();
  await page.getByRole('heading', { name: 'This browser cannot draw the map' }).waitFor({ timeout: PREPARED_MS });
  await inView(page).waitFor();
});

test.each([['a desk', DESKTOP], ['a phone', PHONE]])('nothing bars the way on %s', async (_, viewport) => {
  const page = await openMap('#/map', { viewport });
  await page.getByRole('button', { name: 'Choose all photos in view' }).click();
  await chosen(page).waitFor();
  await expectNoSidewaysScroll(page);
  await expectNoViolations(page);
});

test('groups of a large map can be gone to from their list', async () => {
  const page = await openLargeMap(5_000);
  expect(await viewed(page)).toBe(5_000);
  const groups = page.getByRole('region', { name: 'Groups of photos' }).getByRole('listitem');
  expect(await groups.count()).toBe(24);
  const group = groups.nth(2).getByRole('button');
  const size = parseInt((await group.locator('.size').textContent())!);
  await group.press('Enter');
  await expect.poll(() => viewed(page)).toBeLessThan(3_000);
  expect(await viewed(page)).toBeGreaterThan(size * 0.7);
});

test('load test: 100,000 points are drawn, dragged and zoomed', async () => {
  const page = await openLargeMap(100_000);
  expect(await viewed(page)).toBe(100_000);
  expect(await drawnPixels(page)).toBeGreaterThan(20_000);
  expect(await thumbnails(page).count()).toBeLessThanOrEqual(120);

  const measuring = await page.context().newCDPSession(page);
  await measuring.send('Performance.enable');
  const scriptSeconds = async () => (await measuring.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ScriptDuration')!.value;
  const [x, y] = await placed(page, 0.5, 0.5);
  const before = (await thumbnails(page).first().boundingBox())!;

  const frames = await page.evaluateHandle(() => {
    const counted = { frames: 0 };
    const next = () => requestAnimationFrame(() => (counted.frames++, next()));
    next();
    return counted;
  });
  const [script, begun] = [await scriptSeconds(), Date.now()];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; Date.now() - begun < 1500; step++) await page.mouse.move(x + 200 * Math.sin(step / 20), y + 100 * Math.sin(step / 30));
  await page.mouse.move(x, y);
  await page.mouse.up();
  for (let step = 0; Date.now() - begun < 3000; step++) await page.mouse.wheel(0, step % 60 < 30 ? -60 : 60);
  const [seconds, { frames: number }] = [(Date.now() - begun) / 1000, await frames.jsonValue()];
  const own = (1000 * ((await scriptSeconds()) - script)) / number;
  // A time is told and never demanded: without a graphics card the browser draws on the processor, beside all else that runs.
  console.log(`100,000 points: ${(number / seconds).toFixed(1)} frames/s, of which scripts take ${own.toFixed(1)} ms a frame`);

  await page.getByRole('button', { name: 'Show the whole map' }).click();
  await expect.poll(() => viewed(page)).toBe(100_000);
  await expect.poll(async () => Math.round((await thumbnails(page).first().boundingBox())!.x)).toBe(Math.round(before.x));
  for (let step = 0; step < 12; step++) await page.getByRole('button', { name: 'Zoom in' }).click();
  await expect.poll(() => viewed(page)).toBeLessThan(2_000);
});
