// Draws the icons of the installable page from public/favicon.svg: `node scripts/icons.mjs`, where Chromium is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const PUBLIC = join(import.meta.dirname, '../public');
const PAPER = '#f5f2ec';

/** `room` is the part of the edge that the drawing takes; launchers cut a maskable icon down to its inner 80 %. */
const ICONS = [
  { name: 'icon-192.png', edge: 192, room: 1 },
  { name: 'icon-512.png', edge: 512, room: 1 },
  { name: 'icon-maskable-512.png', edge: 512, room: 0.58, paper: PAPER },
  // iOS rounds the corners itself, and shows black where there is nothing.
  { name: 'icon-apple-180.png', edge: 180, room: 0.76, paper: PAPER },
];

const drawing = readFileSync(join(PUBLIC, 'favicon.svg')).toString('base64');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
for (const { name, edge, room, paper = 'transparent' } of ICONS) {
  const page = await browser.newPage({ viewport: { width: edge, height: edge } });
  await page.setContent(
    `<body style="margin: 0; height: 100vh; display: grid; place-items: center; background: ${paper}">
      <img src="data:image/svg+xml;base64,${drawing}" style="width: ${room * 100}%">`,
  );
  await page.locator('img').evaluate((image) => image.decode());
  await page.screenshot({ path: join(PUBLIC, name), omitBackground: true });
  await page.close();
}
await browser.close();
