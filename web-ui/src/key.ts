// The key that stands in the link which a server on this machine prints: who opens the page by it may change folders and models.
import * as api from './api';

const KEY = /[?&]key=([^&]+)/;

/** Shows the key to the server, which then knows this browser, and takes it out of the address. */
export async function showKey() {
  const key = KEY.exec(location.hash)?.[1];
  if (!key) return;
  const rest = location.hash.replace(KEY, '').replace(/^(#\/?)$/, '#/search');
  history.replaceState(null, '', rest);
  // A key of an earlier start is refused; what needs one says so where it is needed.
  await api.logIn({ key: decodeURIComponent(key) }).catch(() => undefined);
}
