// Searching, by words, filters and pictures.
import { get, request, send } from './http';
import type { Neighbour, Photo, Results } from './photos';

export interface Hit extends Photo {
  /** Cosine similarity to the query, -1..1. */
  score: number;
  /** Whether the photo is what the query means, 0..1. */
  relevance: number;
  /** Near-identical shots that this one stands for. */
  folded?: number;
  explanation?: { terms: TermShare[]; neighbours: Neighbour[] };
}

/** What one term of the query adds to a score. */
export interface TermShare {
  term: string;
  weight: number;
  similarity: number;
  share: number;
}

export type SortOrder = 'best' | 'newest' | 'oldest';
export type GroupBy = 'day' | 'month' | 'year' | 'folder';

export interface Search {
  /** In the grammar of queries; may be empty beside photos that are liked. */
  query: string;
  sort?: SortOrder;
  group?: GroupBy;
  dedupe?: boolean;
  /** More like these photos, by their ids. */
  like?: string[];
  /** Less like these. */
  unlike?: string[];
  min_relevance?: number;
  limit?: number;
}

export interface SearchResults extends Results<Hit> {
  weaker?: number;
  groups?: { value: string; count: number }[];
}

export const search = (search: Search, offset: number, limit: number, signal?: AbortSignal) =>
  send<SearchResults>('POST', 'search', { ...search, offset, limit }, signal);

/** Photos like `picture`. The server knows no offset here, so the pages before are asked for again and left out. */
export async function searchByPicture(picture: File, offset: number, limit: number, signal?: AbortSignal) {
  const form = new FormData();
  form.set('image', picture);
  form.set('limit', String(offset + limit));
  const found = await request<Results<Hit>>('search/image', { method: 'POST', body: form, signal });
  return { ...found, results: found.results.slice(offset) };
}

export const similar = (id: string, limit: number, signal?: AbortSignal) =>
  get<Results<Hit>>(`images/${id}/similar`, { limit }, signal);

export const rank = (query: string, ids: string[], signal?: AbortSignal) =>
  send<Results<Hit>>('POST', 'rank', { query, ids }, signal);

export interface SavedSearch {
  name: string;
  search: Search;
}

export const savedSearches = () => get<{ searches: SavedSearch[] }>('searches');
export const saveSearch = (name: string, search: Search) => send<SavedSearch>('PUT', `searches/${encodeURIComponent(name)}`, search);
export const forgetSearch = (name: string) => send<null>('DELETE', `searches/${encodeURIComponent(name)}`);

export interface Facet {
  /** As a filter takes it. */
  value: string;
  count: number;
}

export type FacetKind = 'years' | 'cameras' | 'lenses' | 'places' | 'folders' | 'types' | 'tags';
export type Facets = { photos: number } & Record<FacetKind, Facet[]>;

/** How the photos that fulfil `filter` divide. */
export const facets = (filter: string, signal?: AbortSignal) => get<Facets>('facets', { filter }, signal);
