// The service worker: keeps the page, so that it opens without a network, and the thumbnails that were seen last.
//
// The server is always asked for the page first: what is kept is shown only while none answers, so that no release outlives the
// next one. A release is kept with all that it names or not at all, in a cache named by its content. Of the API's answers, only
// thumbnails are touched.

const SCOPE = new URL(self.registration.scope);
// Caches belong to an origin, which may have several Forays in its folders.
const PAGES = `foray page ${SCOPE.pathname} `;
const THUMBNAILS = `foray thumbnails ${SCOPE.pathname}`;
/** Some tens of megabytes. */
const THUMBNAILS_KEPT = 1000;
/** Counting them is slow, so that a few more may be there for a while. */
const THUMBNAILS_OVER = 50;
/** A server that is switched off is often not refused, but waited for. */
const PATIENCE_MS = 5000;

/** Names below assets/ hold a hash of their content: what is kept under one is right for ever. */
const isAsset = (path) => path.startsWith('assets/');
const isThumbnail = (path) => /^api\/v1\/images\/[^/]+\/thumbnail$/.test(path);
const isPage = (path) => path === '' || path === 'index.html';
/** The icons and the manifest. */
const isBesidePage = (path) => !path.includes('/');

self.addEventListener('install', (event) => {
  event.waitUntil(keepPage(fetch(SCOPE, { cache: 'no-cache' })).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== SCOPE.origin || !url.pathname.startsWith(SCOPE.pathname)) return;
  const answer = answerTo(event, url.pathname.slice(SCOPE.pathname.length));
  if (answer) event.respondWith(answer);
});

/** Nothing for what goes its way as if there were no service worker. */
function answerTo(event, path) {
  const { method, mode } = event.request;
  if (method === 'DELETE' && path === 'api/v1/session') return logOut(event);
  if (method !== 'GET') return undefined;
  if (mode === 'navigate') return isPage(path) ? page(event) : undefined;
  if (isThumbnail(path)) return thumbnail(event);
  if (isAsset(path)) return asset(event);
  return isBesidePage(path) ? besidePage(event) : undefined;
}

async function page(event) {
  const answer = fetch(event.request);
  event.waitUntil(keepPage(answer.then((response) => response.clone())));
  const old = await kept(SCOPE.href);
  const response = await Promise.race([answer, ...(old ? [sleep(PATIENCE_MS)] : [])]).catch(() => undefined);
  // A proxy answers for a server that it does not reach.
  const isThere = response && ![502, 503, 504].includes(response.status);
  return isThere ? response : (old ?? response ?? Response.error());
}

/** Keeps a release in the place of the one before; trouble leaves the one before. */
async function keepPage(answer) {
  try {
    const response = await answer;
    const html = await response.clone().text();
    // A proxy may ask for a login in the page's place.
    if (!response.ok || response.redirected || !html.includes('id="app"')) return;
    const name = PAGES + (await hash(html));
    const cache = await caches.open(name);
    if (!(await cache.match(SCOPE.href))) {
      const parts = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => new URL(path, SCOPE).href);
      await cache.addAll(parts);
      await cache.put(SCOPE.href, response);
    }
    const old = (await pagesKept()).filter((other) => other !== name);
    await Promise.all(old.map((other) => caches.delete(other)));
  } catch {
    // No server, or one that stopped between two answers: the next visit tries again.
  }
}

/** The parts of views that are opened later are kept once they were. */
async function asset(event) {
  const { request } = event;
  const found = await kept(request.url);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) event.waitUntil(keepAsset(request.url, response.clone()));
  return response;
}

async function keepAsset(url, response) {
  const newest = (await pagesKept()).at(-1);
  if (newest) await (await caches.open(newest)).put(url, response);
}

const besidePage = ({ request }) => fetch(request).catch(async () => (await kept(request.url)) ?? Response.error());

/** What the server says goes before what is kept: a photo may be gone, or no longer for these eyes. */
async function thumbnail(event) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(keepThumbnail(request.url, response.clone()));
    return response;
  } catch {
    return (await (await caches.open(THUMBNAILS)).match(request.url)) ?? Response.error();
  }
}

let keptUntilCount = 0;

async function keepThumbnail(url, response) {
  const cache = await caches.open(THUMBNAILS);
  if (await cache.match(url)) return;
  await cache.put(url, response);
  if (--keptUntilCount > 0) return;
  keptUntilCount = THUMBNAILS_OVER;
  const oldest = (await cache.keys()).slice(0, -THUMBNAILS_KEPT);
  await Promise.all(oldest.map((request) => cache.delete(request)));
}

/** Whoever sits here next shall not find the photos of those before. */
async function logOut(event) {
  const response = await fetch(event.request);
  await caches.delete(THUMBNAILS);
  return response;
}

/** The oldest first: there are two while one takes the other's place. */
const pagesKept = async () => (await caches.keys()).filter((name) => name.startsWith(PAGES));

async function kept(url) {
  for (const name of (await pagesKept()).reverse()) {
    const found = await (await caches.open(name)).match(url);
    if (found) return found;
  }
  return undefined;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function hash(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
