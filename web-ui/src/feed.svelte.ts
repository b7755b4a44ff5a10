// A list of photos that comes page by page: search results, unusual photos.
import { Refusal, type Results } from './api';

export type LoadPage<T> = (offset: number, limit: number, signal: AbortSignal) => Promise<Results<T>>;

export const PAGE = 60;
/** The server gives no more than this at a time; whoever scrolls far gets as much again as is there, up to this. */
const MOST = 10_000;
const ASK_AGAIN_MS = 5_000;

export class Feed<T extends { id: string }> {
  items = $state.raw<T[]>([]);
  /**
   * `stale`: the items are those of the question before, and the next ones are on their way.
   * `awaited`: the server prepares them, and is asked again by itself; `error` tells how far it is.
   */
  phase = $state<'empty' | 'stale' | 'awaited' | 'ready' | 'failed'>('empty');
  error = $state.raw<Error>();
  tookMs = $state<number>();
  isComplete = $state(false);
  isLoadingMore = $state(false);

  #key: string | undefined;
  #load: LoadPage<T> | undefined;
  #page = PAGE;
  /** The ids of the items: a list of a million is not gone through for each page. */
  #known = new Set<string>();
  #inFlight = new AbortController();

  /** Shows the list named `key`, `page` items at first; does nothing when it is shown already. Returns whether it is another one. */
  show(key: string, load: LoadPage<T>, page = PAGE): boolean {
    if (key === this.#key) return false;
    this.#key = key;
    this.#load = load;
    this.#page = page;
    void this.#loadAnew(page);
    return true;
  }

  clear() {
    this.#inFlight.abort();
    this.#key = undefined;
    this.#load = undefined;
    this.items = [];
    this.phase = 'empty';
  }

  retry() {
    void this.#loadAnew(this.#page);
  }

  /** Asks again for what is shown, without a flicker: the library has changed. */
  refresh() {
    if (this.phase === 'stale' || this.isLoadingMore) return;
    void this.#loadAnew(Math.max(this.items.length, this.#page), 'quietly');
  }

  async loadMore() {
    if (this.phase !== 'ready' || this.isComplete || this.isLoadingMore || !this.#load) return;
    this.isLoadingMore = true;
    const signal = this.#inFlight.signal;
    try {
      const limit = Math.min(Math.max(this.items.length, this.#page), MOST);
      const { results } = await this.#load(this.items.length, limit, signal);
      if (signal.aborted) return;
      const fresh = results.filter((item) => !this.#known.has(item.id));
      fresh.forEach((item) => this.#known.add(item.id));
      this.items = [...this.items, ...fresh];
      this.isComplete = results.length < limit || fresh.length === 0;
    } catch {
      // The end of the list stays in sight, and asks again when it is scrolled to.
    } finally {
      if (!signal.aborted) this.isLoadingMore = false;
    }
  }

  async #loadAnew(wanted: number, manner?: 'quietly') {
    if (!this.#load) return;
    this.#inFlight.abort();
    this.#inFlight = new AbortController();
    this.isLoadingMore = false;
    const { signal } = this.#inFlight;
    const limit = Math.min(wanted, MOST);
    if (!manner) this.phase = 'stale';
    try {
      const { results, took_ms } = await this.#load(0, limit, signal);
      const hasGrown = manner && this.items.length > limit;
      if (signal.aborted || hasGrown) return;
      this.items = results;
      this.#known = new Set(results.map((item) => item.id));
      this.tookMs = took_ms;
      this.isComplete = results.length < limit;
      this.error = undefined;
      this.phase = 'ready';
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.isForNow) this.#askAgainLater(error, wanted, signal);
      else if (!manner || this.phase === 'awaited') this.#fail(error as Error);
    }
  }

  #fail(error: Error) {
    this.error = error;
    this.phase = 'failed';
  }

  #askAgainLater(reason: Refusal, wanted: number, signal: AbortSignal) {
    if (this.items.length === 0) {
      this.error = reason;
      this.phase = 'awaited';
    }
    setTimeout(() => !signal.aborted && void this.#loadAnew(wanted, 'quietly'), ASK_AGAIN_MS);
  }
}
