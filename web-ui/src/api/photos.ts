// Photos, and where their pictures are.
import { BASE, get, send } from './http';

export interface Photo {
  id: string;
  path: string;
  copies?: string[];
  width: number;
  height: number;
  format: string;
  taken_at?: string;
  camera?: string;
  lens?: string;
  position?: [number, number];
  /** The nearest town and its country. */
  place?: string;
  /** Stars, 1 to 5; -1 for a rejected photo. */
  rating?: number;
  keywords?: string[];
  /** What its owner and the library's rules call it: without a rule it is a tag by hand. */
  tags?: { tag: string; rule?: string; probability: number }[];
  caption?: string;
  /** What a ThumbHash encodes, in base64: colours to show while the picture is on its way. */
  thumbhash?: string;
}

export interface Neighbour {
  id: string;
  path: string;
  /** Cosine similarity, -1..1. */
  score: number;
}

export interface Results<T> {
  results: T[];
  took_ms?: number;
}

export const thumbnailUrl = (id: string) => `${BASE}/images/${id}/thumbnail`;
export const originalUrl = (id: string) => `${BASE}/images/${id}/original`;

/** As many photos as one request may name. */
const PHOTOS_A_REQUEST = 10_000;

/** Gives photos a tag by hand, or takes it away. Returns how many of them changed. */
export async function tagByHand(tag: string, ids: string[], remove: boolean): Promise<number> {
  let changed = 0;
  for (let first = 0; first < ids.length; first += PHOTOS_A_REQUEST) {
    const step = ids.slice(first, first + PHOTOS_A_REQUEST);
    changed += (await send<{ photos: number }>('POST', 'tags', { tag, ids: step, remove })).photos;
  }
  return changed;
}

export const photo = (id: string, signal?: AbortSignal) => get<Photo>(`images/${id}`, {}, signal);
