// Makes the page installable, and sees to it that an open page does not outlive its release.

/** An installed page that is looked at again and again need not ask each time. */
const LOOK_MS = 60_000;
const KEY = 'replaced';

/** The file that holds this page's code; its name holds a hash of the content. */
const OWN_CODE = new URL(import.meta.url).pathname.split('/').pop() ?? '';

let lookedAt = 0;

/** Loads the page anew where the server has another one; what is shown stands in the address. */
async function replaceIfOld() {
  lookedAt = Date.now();
  const page = await fetch('./', { cache: 'no-cache' }).catch(() => undefined);
  if (!page?.ok) return;
  const html = await page.text();
  // What a proxy shows in the page's place is no release.
  const isOld = html.includes('id="app"') && !html.includes(OWN_CODE);
  // Once is enough: a page that comes back the same would do so for ever.
  if (!isOld || sessionStorage.getItem(KEY) === OWN_CODE) return;
  sessionStorage.setItem(KEY, OWN_CODE);
  location.reload();
}

export function install() {
  if (!import.meta.env.PROD) return;
  // The code of a view is gone, as the server was replaced.
  addEventListener('vite:preloadError', () => void replaceIfOld());
  // An installed page is put aside and taken up again for weeks without being loaded.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() - lookedAt > LOOK_MS) void replaceIfOld();
  });
  // Browsers have it over HTTPS, and on this machine.
  const workers = navigator.serviceWorker;
  if (!workers) return;
  // A server that was slow to answer has been taken for one that is away.
  if (workers.controller) void replaceIfOld();
  workers.register('./sw.js').catch((error: Error) => console.warn(`The page cannot be kept for offline use: ${error.message}`));
}
