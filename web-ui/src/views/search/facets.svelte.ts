// How photos divide: read when somebody wants to filter, and again when the filters or the library change.
import * as api from '../../api';
import { library } from '../../library.svelte';

/** Which of the facets hold the values of a filter's field. */
const KINDS: Record<string, api.FacetKind> = {
  in: 'folders',
  taken: 'years',
  camera: 'cameras',
  lens: 'lenses',
  place: 'places',
  type: 'types',
  tag: 'tags',
};

export class Facets {
  now = $state.raw<api.Facets>();

  #asked: string | undefined;
  #request = new AbortController();

  /** Reads those of the photos that fulfil `filter`, unless they are here for the library as it is. */
  want(filter = '') {
    const asked = `${library.changes} ${filter}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#request.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    // A filter that is being typed is no filter yet: what was known stays.
    api.facets(filter, signal).then(
      (facets) => !signal.aborted && (this.now = facets),
      () => {},
    );
  }

  /** The values that a field has in the library, the most frequent first. */
  values = (field: string): string[] => {
    const kind = KINDS[field];
    return kind ? (this.now?.[kind].map(({ value }) => value) ?? []) : [];
  };
}
