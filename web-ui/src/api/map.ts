// Where each photo lies on the map of the library: alike photos lie close together.
import { get } from './http';
import type { Photo, Results } from './photos';
import { rank } from './search';

export interface MapAnswer {
  /** How many photos the map shows; the lists below have one entry for each. */
  points: number;
  ids: string[];
  /** 0..1, from left to right. */
  x: number[];
  /** 0..1, from top to bottom. */
  y: number[];
  /** Indexes of `clusters`; -1 for a photo that belongs to none. */
  cluster: number[];
  clusters: { size: number; representative: string; label?: string }[];
  /** The year with its fraction. */
  taken: (number | null)[];
  tags: string[];
  /** Indexes of `tags`: the photo's first tag; -1 for none. */
  tag: number[];
}

/** The photos that fulfil `filter`; refused for now (503) while the map is computed. */
export const photoMap = (filter: string, signal?: AbortSignal) => get<MapAnswer>('map', { filter }, signal);

/** What is known of photos, by their ids, in their order. Ranking is the question that takes many ids; its order is let go. */
export async function photosOf(ids: string[], signal?: AbortSignal): Promise<Results<Photo>> {
  if (ids.length === 0) return { results: [] };
  const { results } = await rank('photo', ids, signal);
  const known = new Map(results.map((photo) => [photo.id, photo]));
  return { results: ids.flatMap((id) => known.get(id) ?? []) };
}
