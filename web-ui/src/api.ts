// The server's HTTP interface: its types, and one call for each question that the page asks.

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
}

export interface Hit extends Photo {
  /** Cosine similarity to the query, -1..1. */
  score: number;
  /** How far the score stands out from the library, 0..1. */
  relevance: number;
  /** Near-identical shots that this one stands for. */
  folded?: number;
}

export interface Neighbour {
  id: string;
  path: string;
  score: number;
}

export interface UnusualHit extends Photo {
  /** 1 - mean similarity to the neighbours, 0..2. */
  score: number;
  neighbours: Neighbour[];
  /** Near-identical shots that this one stands for. */
  folded: number;
}

export interface Results<T> {
  results: T[];
  took_ms?: number;
}

export interface Progress {
  phase: 'idle' | 'indexing' | 'watching';
  found: number;
  done: number;
  indexed: number;
  failed: number;
  rate: number;
  eta_seconds?: number;
  current?: string;
}

export interface Status {
  version: string;
  library: string;
  photos: number;
  files: number;
  failed: number;
  roots: string[];
  space: { space: string; dimension: number; vectors: number };
  search: { kind: 'exact' | 'graph'; rows: number };
  backend?: { backend: string; version: string; device: string; warning?: string };
  progress?: Progress;
}

export interface Failure {
  path: string;
  reason: string;
}

/** The server understood and said no. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }

  /** Whether the answer is on its way, and to be asked for again. */
  get isForNow(): boolean {
    return this.status === 503;
  }

  /** Whether the server asks for its token. */
  get isForStrangers(): boolean {
    return this.status === 401;
  }
}

/** No Foray server answered. */
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer');
  }
}

const BASE = 'api/v1';

export const eventsUrl = `${BASE}/events`;
export const thumbnailUrl = (id: string) => `${BASE}/images/${id}/thumbnail`;
export const originalUrl = (id: string) => `${BASE}/images/${id}/original`;

/** With `dedupe`, near-identical shots are one result; the server folds no further than to the 1,000th. */
export const search = (q: string, dedupe: boolean, offset: number, limit: number, signal?: AbortSignal) =>
  get<Results<Hit>>('search', { q, limit, offset, ...(dedupe ? { dedupe: 'true' } : {}) }, signal);

/** Photos like `picture`. The server knows no offset here, so the pages before are asked for again and left out. */
export async function searchByPicture(picture: File, offset: number, limit: number, signal?: AbortSignal) {
  const form = new FormData();
  form.set('image', picture);
  form.set('limit', String(offset + limit));
  const found = await request<Results<Hit>>('search/image', { method: 'POST', body: form, signal });
  return { ...found, results: found.results.slice(offset) };
}

export const unusual = (offset: number, limit: number, signal?: AbortSignal) =>
  get<Results<UnusualHit>>('unusual', { limit, offset }, signal);

export const photo = (id: string, signal?: AbortSignal) => get<Photo>(`images/${id}`, {}, signal);

export const similar = (id: string, limit: number, signal?: AbortSignal) =>
  get<Results<Hit>>(`images/${id}/similar`, { limit }, signal);

export const status = () => get<Status>('status');

export const failures = () => get<{ failures: Failure[] }>('failures');

/** Who is logged in, and what the server lets people in by. */
export interface Session {
  logged_in: boolean;
  token: boolean;
  password: boolean;
}

export const session = () => get<Session>('session');

/** Shows a token, or a name and password, for a session that the browser keeps in a cookie. */
export const logIn = (who: { token: string } | { user: string; password: string }) =>
  request<null>('session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(who),
  });

function get<T>(path: string, query: Record<string, string | number> = {}, signal?: AbortSignal): Promise<T> {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const text = new URLSearchParams(pairs).toString();
  return request(text ? `${path}?${text}` : path, { signal });
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(`${BASE}/${path}`, init).catch((error: Error) => {
    throw error.name === 'AbortError' ? error : new Unreachable();
  });
  if (response.status === 204) return null as T;
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body as T;
  // A proxy in front of a stopped server answers for it, and not in this protocol.
  if (typeof body?.detail !== 'string') throw new Unreachable();
  throw new Refusal(response.status, body.detail);
}
