// How the page talks to the server: one request, and the two ways in which it can go wrong.

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

  /** Whether the server asks who this is. */
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

export const BASE = 'api/v1';

/** What stands behind the `?` of an address; what is undefined, empty or false is left out. */
export type Fields = Record<string, string | number | boolean | undefined>;

export function get<T>(path: string, fields: Fields = {}, signal?: AbortSignal): Promise<T> {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '' && value !== false);
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return request(text ? `${path}?${text}` : path, { signal });
}

export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  if (body === undefined) return request(path, { method, signal });
  const headers = { 'Content-Type': 'application/json' };
  return request(path, { method, headers, body: JSON.stringify(body), signal });
}

export async function request<T>(path: string, init: RequestInit): Promise<T> {
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
