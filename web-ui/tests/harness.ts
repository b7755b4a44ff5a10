// A real browser over the real program: pages, what they may not say or do, and what all views must keep to.
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { DESKTOP, launch } from './browser';
import { Foray } from './foray';

export { DESKTOP, launch, PHONE } from './browser';
export { Foray } from './foray';

/** A browser and a program with photos for the tests of a file; `foray` and `open` once they begin. */
export function setUp(start: () => Promise<Foray> = Foray.start) {
  let browser: Browser;
  const stage = {
    foray: undefined as unknown as Foray,
    /** Opens the page at a view's address, such as `#/unusual`; fails on errors in its console. */
    async open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: DESKTOP, locale: 'en', reducedMotion: 'reduce', ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => message.type() === 'error' && isOwnFault(message.text()) && faults.push(message.text()));
      await page.goto(`${stage.foray.url}/${hash}`);
      return page;
    },
  };
  const faults: string[] = [];
  beforeAll(async () => {
    [browser, stage.foray] = await Promise.all([launch(), start()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await stage.foray?.remove();
    expect(faults, 'errors in the page').toEqual([]);
  });
  return stage;
}

/** The browser notes answers of 4xx and 5xx, and a server that is gone, by itself. */
const isOwnFault = (text: string) => !text.startsWith('Failed to load resource');

/** axe-core finds nothing against WCAG 2.2 AA, in light and in dark. */
export async function expectNoViolations(page: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
    expect(found, colorScheme).toEqual([]);
  }
}

/** Nothing is wider than the window. */
export async function expectNoSidewaysScroll(page: Page) {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
}
