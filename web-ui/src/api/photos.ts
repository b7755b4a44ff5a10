// Photos, and where their pictures are.
import { BASE, get } from './http';

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
  /** What the library's rules call it. */
  tags?: { tag: string; rule: string; probability: number }[];
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

export const photo = (id: string, signal?: AbortSignal) => get<Photo>(`images/${id}`, {}, signal);
