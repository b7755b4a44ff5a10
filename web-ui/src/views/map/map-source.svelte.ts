// The map of the photos that fulfil a filter, as the server gives it, kept up to date.
import * as api from '../../api';
import { PhotoMap } from './photo-map';

const ASK_AGAIN_MS = 5_000;

export class MapSource {
  /** Stays in sight while another one is on its way. */
  map = $state.raw<PhotoMap>();
  /** `awaited`: the server prepares the map, and is asked again by itself; `error` tells how far it is. */
  phase = $state<'loading' | 'awaited' | 'ready' | 'failed'>('loading');
  error = $state.raw<Error>();

  #filter: string | undefined;
  #inFlight = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(filter: string) {
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.retry();
  }

  retry() {
    this.phase = 'loading';
    void this.#load();
  }

  /** Asks again without a flicker: the library has changed. */
  refresh() {
    if (this.phase === 'ready') void this.#load();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#inFlight.abort();
  }

  async #load() {
    this.stop();
    this.#inFlight = new AbortController();
    const { signal } = this.#inFlight;
    try {
      const answer = await api.photoMap(this.#filter ?? '', signal);
      if (signal.aborted) return;
      this.map = new PhotoMap(answer);
      this.error = undefined;
      this.phase = 'ready';
    } catch (error) {
      if (!signal.aborted) this.#failed(error as Error);
    }
  }

  #failed(error: Error) {
    const isForNow = error instanceof api.Refusal && error.isForNow;
    if (isForNow) this.#timer = setTimeout(() => void this.#load(), ASK_AGAIN_MS);
    // A map that is there is better than a message, as long as it is the one that was asked for.
    if (this.phase === 'ready') return;
    this.error = error;
    this.phase = isForNow ? 'awaited' : 'failed';
  }
}
