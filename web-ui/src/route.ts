// What the page shows, as its address says it: `#/search?q=red+flower&photo=ID`.

export type View = 'search' | 'unusual';

export interface Route {
  view: View;
  query: string;
  /** Key of a picture that is searched with; pictures live only as long as the page. */
  picture?: string;
  /** Whether near-identical shots are shown once. */
  folded?: boolean;
  /** The photo that is open. */
  photo?: string;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const fields = new URLSearchParams(query);
  const photo = fields.get('photo') ?? '';
  return {
    view: path === 'unusual' ? 'unusual' : 'search',
    query: fields.get('q') ?? '',
    picture: fields.get('picture') ?? undefined,
    folded: fields.has('folded') || undefined,
    photo: /^[0-9a-f]{32}$/.test(photo) ? photo : undefined,
  };
}

export function formatRoute({ view, query, picture, folded, photo }: Route): string {
  const fields = new URLSearchParams();
  if (view === 'search' && picture) fields.set('picture', picture);
  else if (view === 'search' && query) fields.set('q', query);
  if (view === 'search' && query && folded) fields.set('folded', '');
  if (photo) fields.set('photo', photo);
  const text = fields.toString();
  return text ? `#/${view}?${text}` : `#/${view}`;
}

export const searchFor = (query: string): Route => ({ view: 'search', query });
