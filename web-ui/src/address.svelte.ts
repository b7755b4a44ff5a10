// The browser's address and history, as reactive state. Every change of what is shown goes through here.
import { formatRoute, parseRoute, type Route } from './route';

/** How many steps of the history lie between the open photo and the page below it. */
interface Mark {
  depth: number;
}

const depth = () => (history.state as Mark | null)?.depth ?? 0;

class Address {
  route = $state.raw(parseRoute(location.hash));

  constructor() {
    addEventListener('popstate', () => (this.route = parseRoute(location.hash)));
  }

  go(route: Route) {
    this.#write('pushState', route, 0);
  }

  replace(route: Route) {
    this.#write('replaceState', route, 0);
  }

  /** Opens a photo; the back button returns to what was there before. */
  open(photo: string) {
    this.#write('pushState', { ...this.route, photo }, depth() + 1);
  }

  /** Turns to another photo of the same list. */
  turnTo(photo: string) {
    this.#write('replaceState', { ...this.route, photo }, depth());
  }

  close() {
    if (depth() > 0) history.go(-depth());
    else this.replace({ ...this.route, photo: undefined });
  }

  #write(how: 'pushState' | 'replaceState', route: Route, depth: number) {
    this.route = route;
    history[how]({ depth } satisfies Mark, '', formatRoute(route));
  }
}

export const address = new Address();
