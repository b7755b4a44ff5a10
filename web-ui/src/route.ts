// What the page shows, as its address says it: `#/search?q=red+flower&photo=ID`.
import type { GroupBy, SortOrder } from './api';

export type View = 'search' | 'unusual' | 'map' | 'duplicates' | 'prompts' | 'library';

/** What the address of each view holds besides its name and the open photo. */
const FIELDS = {
  search: ['q', 'picture', 'like', 'unlike', 'sort', 'group', 'folded', 'strictness'],
  unusual: ['kind', 'filter', 'junk'],
  map: ['colour', 'filter'],
  duplicates: ['kind'],
  prompts: ['dataset'],
  library: ['section'],
} as const satisfies Record<View, readonly string[]>;

export type Field = (typeof FIELDS)[View][number];

export type Route = { view: View; photo?: string } & Partial<Record<Field, string>>;

/** The relevance in percent from which on a photo is probably what was meant. */
export const STRICTNESS = 50;

/** What a field may hold, where not every text makes sense. */
const ALLOWED: Partial<Record<Field, (text: string) => boolean>> = {
  sort: (text) => (['newest', 'oldest'] satisfies SortOrder[] as string[]).includes(text),
  group: (text) => (['day', 'month', 'year', 'folder'] satisfies GroupBy[] as string[]).includes(text),
  strictness: (text) => /^\d{1,2}$|^100$/.test(text),
};

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const view = isView(path) ? path : 'search';
  const route: Route = { view };
  for (const field of FIELDS[view]) {
    const text = given.get(field);
    if (text && (ALLOWED[field]?.(text) ?? true)) route[field] = text;
  }
  const photo = given.get('photo') ?? '';
  return /^[0-9a-f]{32}$/.test(photo) ? { ...route, photo } : route;
}

export function formatRoute(route: Route): string {
  const fields = new URLSearchParams();
  for (const field of FIELDS[route.view]) {
    if (route[field]) fields.set(field, route[field]);
  }
  if (route.photo) fields.set('photo', route.photo);
  const text = fields.toString();
  return text ? `#/${route.view}?${text}` : `#/${route.view}`;
}

const isView = (text: string): text is View => text in FIELDS;

export const searchFor = (q: string): Route => ({ view: 'search', q });

/** The ids of a list in the address. */
export const idsIn = (text: string | undefined) => text?.split(',').filter(Boolean) ?? [];
