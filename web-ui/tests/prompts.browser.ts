// The prompt lab over the bundled photographs, whose folders are classes: measuring while typing, mistakes, tags.
import type { Page, Request } from 'playwright-core';
import { expect, test } from 'vitest';
import { DESKTOP, expectNoSidewaysScroll, expectNoViolations, PHONE, setUp } from './harness';

const stage = setUp();

const card = (page: Page, number: number) => page.getByRole('article', { name: `Wording ${number}` });
const sentence = (page: Page, number: number) => card(page, number).getByRole('textbox', { name: `Wording ${number}` });
const accuracy = (page: Page, number: number) => card(page, number).getByText(/^\d+\.\d % right/);
const isMeasure = (request: Request) => request.method() === 'POST' && request.url().endsWith('/evaluations');

const idle = (page: Page) => page.getByText(/^Measured on \d+ photos of 6 classes/).waitFor();

async function openLab(viewport = DESKTOP): Promise<Page> {
  const page = await stage.open(`#/prompts?dataset=${encodeURIComponent(stage.foray.photos)}`, { viewport });
  await accuracy(page, 2).waitFor();
  await idle(page);
  return page;
}

/** Does something after which the wordings are measured anew; gives what was asked. */
async function measured(page: Page, change: () => Promise<unknown>) {
  const [request] = await Promise.all([page.waitForRequest(isMeasure), change()]);
  await idle(page);
  return request.postDataJSON();
}

test('a folder of the library is chosen, and what its classes are called is measured', async () => {
  const page = await stage.open('#/prompts');
  await page.getByRole('heading', { name: 'Teach Foray what to call things' }).waitFor();
  await page.getByRole('button', { name: /^photos\s+6 classes/ }).click();
  await accuracy(page, 2).waitFor();
  expect(decodeURIComponent(new URL(page.url()).hash)).toContain(`dataset=${stage.foray.photos}`);
  expect(await sentence(page, 2).inputValue()).toBe('a photo of a {}');
  expect(await page.getByLabel('Caption of animals').nth(1).inputValue()).toBe('a photo of a animals');
  expect(await card(page, 2).innerText()).toMatch(/points to the first: (probably luck|a real difference|perhaps)|the same answers/);
});

test('typing measures after a pause, once', async () => {
  const page = await openLab();
  let asked = 0;
  page.on('request', (request) => (asked += isMeasure(request) ? 1 : 0));
  const request = await measured(page, async () => {
    await page.getByLabel('Caption of plants').first().press('End');
    await page.getByLabel('Caption of plants').first().pressSequentially(' and flowers', { delay: 30 });
  });
  expect(request.captions[0]).toMatchObject({ name: '{} (1 changed)', captions: expect.arrayContaining(['plants and flowers', 'animals']) });
  expect(asked).toBe(1);
  expect(await card(page, 1).innerText()).toContain('1 changed');
  await page.reload();
  await accuracy(page, 1).waitFor();
  expect(await page.getByLabel('Caption of plants').first().inputValue(), 'a reload brings it back').toBe('plants and flowers');
  await measured(page, () => page.getByLabel('Caption of plants').first().fill('plants'));
});

test('what cannot be measured is said, and not sent', async () => {
  const page = await openLab();
  let asked = 0;
  page.on('request', (request) => (asked += isMeasure(request) ? 1 : 0));
  await sentence(page, 2).fill('a photo');
  await page.getByRole('alert').filter({ hasText: 'Does the sentence lack {}?' }).waitFor();
  await page.waitForTimeout(1_500);
  expect(asked).toBe(0);
  await measured(page, () => sentence(page, 2).fill('a photo of a {}'));
});

test('wordings are added and removed', async () => {
  const page = await openLab();
  const added = await measured(page, () => page.getByRole('button', { name: 'Add a wording' }).click());
  expect(added.captions).toHaveLength(3);
  await accuracy(page, 3).waitFor();
  const removed = await measured(page, () => card(page, 3).getByRole('button', { name: /^Remove this wording/ }).click());
  expect(removed.captions).toHaveLength(2);
});

test('the matrix counts every photo, and its cells show theirs', async () => {
  const page = await openLab();
  const images = Number(/Measured on (\d+) photos/.exec(await page.getByText(/^Measured on/).innerText())![1]);
  const cells = page.getByRole('region', { name: 'Confusion matrix' }).getByRole('cell').getByRole('button');
  const photos = (await cells.allInnerTexts()).map(Number);
  expect(photos.reduce((sum, cell) => sum + cell, 0)).toBe(images);
  for (const at of [0, photos.length - 1]) {
    const label = (await cells.nth(at).getAttribute('aria-label'))!;
    await cells.nth(at).click();
    const shown = page.getByRole('region', { name: label });
    await expect.poll(() => shown.getByRole('link').count(), { message: label }).toBe(photos[at]);
  }
});

test('a suggestion and examples take part, and the suggestion becomes a wording', async () => {
  const page = await openLab();
  expect(await measured(page, () => page.getByRole('checkbox', { name: 'Look for a better wording' }).check())).toMatchObject({ suggest: true });
  await page.getByRole('article', { name: 'Suggested' }).getByText(/% right/).waitFor();
  expect(await measured(page, () => page.getByLabel('Learn from examples').selectOption('1'))).toMatchObject({ few_shot: 1 });
  await page.getByRole('article', { name: 'Learned from examples' }).getByText(/% right/).waitFor();
  await page.getByText('the other half was learned from').waitFor();
  const taken = await measured(page, () => page.getByRole('button', { name: 'Take as a wording' }).click());
  expect(taken.captions).toHaveLength(3);
});

test('an earlier evaluation comes back with its wordings', async () => {
  const page = await openLab();
  const before = await sentence(page, 2).inputValue();
  await measured(page, () => sentence(page, 2).fill('a drawing of a {}'));
  await page.getByRole('button', { name: /^Show: photos/ }).nth(1).click();
  await expect.poll(() => sentence(page, 2).inputValue()).toBe(before);
  await accuracy(page, 2).waitFor();
});

test('a folder outside of the library is refused, in words', async () => {
  const page = await stage.open('#/prompts');
  await page.getByLabel('Path of the folder').fill('/usr/share');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('alert').filter({ hasText: 'is not in a folder of the library' }).waitFor();
  await page.getByRole('button', { name: 'Another folder' }).click();
  await page.getByRole('heading', { name: 'Choose labelled photos' }).waitFor();
});

test('tags are made of a wording, found, and taken away again', async () => {
  const page = await openLab();
  await page.getByLabel('Name of the rule').fill('kinds of things');
  await page.getByLabel(/^At least so sure/).fill('0.3');
  await page.getByText('Classes that become tags').click();
  await page.getByRole('checkbox', { name: 'science' }).uncheck();
  await page.getByRole('button', { name: 'Make 5 tags' }).click();
  await page.getByText(/^\d+ photos tagged\.$/).waitFor();
  await page.getByRole('link', { name: 'Photos tagged animals' }).click();
  await expect.poll(() => page.locator('main img').count()).toBeGreaterThan(2);
  await page.goBack();
  const remove = page.getByRole('button', { name: 'Remove kinds of things' });
  await remove.click();
  await page.getByRole('button', { name: 'Really take its tags away?' }).click();
  await page.getByText(/^\d+ photos lost a tag\.$/).waitFor();
  await expect.poll(() => remove.count()).toBe(0);
});

test('nobody is shut out, and a phone is wide enough', async () => {
  for (const viewport of [DESKTOP, PHONE]) {
    const page = await openLab(viewport);
    await expectNoSidewaysScroll(page);
    await expectNoViolations(page);
  }
  const page = await stage.open('#/prompts', { viewport: PHONE });
  await page.getByRole('button', { name: /^photos/ }).waitFor();
  await expectNoSidewaysScroll(page);
  await expectNoViolations(page);
});
