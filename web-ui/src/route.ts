// What the page shows, as its address says it: `#/search?q=red+flower&photo=ID`.

export type View = 'search' | 'unusual';

export interface Route {
  view: View;
  query: string;
  /** Key of a picture that is searched with; pictures live only as long as the page. */
  picture?: string;
  /** Whether near-identical shots are shown once. */
  folded?: boolean;
  /** The relevance in percent below which photos are weaker matches, where it is another than {@link STRICTNESS}. */
  strictness?: number;
  /** The photo that is open. */
  photo?: string;
}

/** The relevance in percent from which on a photo is probably what was meant. */
export const STRICTNESS = 50;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const fields = new URLSearchParams(query);
  const photo = fields.get('photo') ?? '';
  return {
    view: path === 'unusual' ? 'unusual' : 'search',
    query: fields.get('q') ?? '',
    picture: fields.get('picture') ?? undefined,
    folded: fields.has('folded') || undefined,
    strictness: parsePercent(fields.get('strictness')),
    photo: /^[0-9a-f]{32}$/.test(photo) ? photo : undefined,
  };
}

function parsePercent(text: string | null): number | undefined {
  const number = Number(text ?? NaN);
  return number >= 0 && number <= 100 ? number : undefined;
}

export function formatRoute({ view, query, picture, folded, strictness, photo }: Route): string {
  const fields = new URLSearchParams();
  if (view === 'search' && picture) fields.set('picture', picture);
  else if (view === 'search' && query) fields.set('q', query);
  if (view === 'search' && query && folded) fields.set('folded', '');
  if (view === 'search' && strictness !== undefined) fields.set('strictness', String(strictness));
  if (photo) fields.set('photo', photo);
  const text = fields.toString();
  return text ? `#/${view}?${text}` : `#/${view}`;
}

export const searchFor = (query: string): Route => ({ view: 'search', query });
