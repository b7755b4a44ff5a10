// The photos that are selected, for what is done to several at once.
import { SvelteMap } from 'svelte/reactivity';
import type { Photo } from '../api';

export type Selected = Pick<Photo, 'id' | 'path'>;

class Selection {
  readonly #photos = new SvelteMap<string, Selected>();
  /** Where a range begins. */
  #anchor: string | undefined;

  get photos(): Selected[] {
    return [...this.#photos.values()];
  }

  get size(): number {
    return this.#photos.size;
  }

  has(id: string): boolean {
    return this.#photos.has(id);
  }

  add(photos: readonly Selected[]) {
    for (const { id, path } of photos) this.#photos.set(id, { id, path });
  }

  toggle(photo: Selected) {
    this.#anchor = photo.id;
    if (!this.#photos.delete(photo.id)) this.add([photo]);
  }

  /** Selects all of `list` from the photo that was touched last to `photo`. */
  extendTo(photo: Selected, list: readonly Selected[]) {
    const ends = [list.findIndex(({ id }) => id === this.#anchor), list.findIndex(({ id }) => id === photo.id)];
    if (ends.includes(-1)) this.toggle(photo);
    else this.add(list.slice(Math.min(...ends), Math.max(...ends) + 1));
  }

  clear() {
    this.#photos.clear();
    this.#anchor = undefined;
  }
}

export const selection = new Selection();
