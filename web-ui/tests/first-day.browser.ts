// The first day of somebody who never read a word about Foray: a folder is indexed, a photo found, the unusual ones seen, two wordings
// compared and the model changed, all on the page. Pictures of each step go to target/screenshots.
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { Foray, setUp } from './harness';
import { startHub, type Hub } from './hub';

const ROOT = resolve(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'target/screenshots');
const MODEL = 'ViT-B-32__openai';

let hub: Hub;
afterAll(() => hub.stop());

const stage = setUp(async () => {
  hub = await startHub();
  return Foray.empty({ HF_ENDPOINT: hub.url });
});

const tab = (page: Page, name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();

test('from an empty library to another model', async () => {
  mkdirSync(PICTURES, { recursive: true });
  let step = 0;
  const picture = (page: Page) => page.screenshot({ path: join(PICTURES, `first-day-${(step += 1)}.png`) });
  cpSync(join(ROOT, 'tests/samples'), stage.foray.photos, { recursive: true });
  const page = await stage.open(stage.foray.link.slice(stage.foray.url.length + 1));

  await page.getByRole('button', { name: 'Add a folder' }).click();
  await page.getByLabel(/^Or type where it is/).fill(stage.foray.photos);
  await picture(page);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect.poll(() => page.getByText('21 photos').count(), { timeout: 30_000 }).toBeGreaterThan(0);

  await tab(page, 'Search');
  await page.getByRole('combobox', { name: 'Search photos' }).pressSequentially('a cup of coffee');
  const first = page.locator('main li[data-index="0"] a').first();
  await expect.poll(() => first.getAttribute('aria-label')).toMatch(/^coffee.jpg/);
  await picture(page);

  await tab(page, 'Unusual');
  await page.getByRole('list', { name: 'Unusual photos' }).getByRole('link').first().waitFor();
  await picture(page);

  await tab(page, 'Prompt lab');
  await page.getByRole('button', { name: /photos/ }).first().click();
  await expect.poll(() => page.getByText(/^\d+\.\d %$/).count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
  await picture(page);

  await tab(page, 'Library');
  await page.getByRole('link', { name: 'Models' }).click();
  const card = page.getByRole('listitem', { name: MODEL });
  await card.getByRole('button', { name: `Download ${MODEL}` }).click();
  await card.getByRole('button', { name: `Use ${MODEL}` }).click({ timeout: 30_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Use', exact: true }).click();
  await card.getByText('In use', { exact: true }).waitFor({ timeout: 30_000 });
  await picture(page);
  const { space } = await (await fetch(`${stage.foray.url}/api/v1/status`)).json();
  expect(space.space).toContain(MODEL);
  expect(space.vectors).toBe(21);

  await tab(page, 'Search');
  await page.getByRole('combobox', { name: 'Search photos' }).fill('a red cat');
  await expect.poll(() => page.locator('main li[data-index]').count()).toBeGreaterThan(3);
});
