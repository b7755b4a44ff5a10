// Photos that a search shall find more or less of, as its address holds them.
import { idsIn, type Route } from './route';

export type Side = 'like' | 'unlike';

export const isOn = (route: Route, side: Side, id: string) => idsIn(route[side]).includes(id);

/** The search that is shown, or a new one, with the photo on this side; off it again where it was there. */
export function feedback(route: Route, side: Side, id: string): Route {
  const { photo: _, picture: __, ...shown } = route;
  const search: Route = route.view === 'search' ? shown : { view: 'search' };
  const other = side === 'like' ? 'unlike' : 'like';
  const rest = (of: Side) => idsIn(search[of]).filter((known) => known !== id);
  const ids = isOn(search, side, id) ? rest(side) : [...rest(side), id];
  return { ...search, [side]: listed(ids), [other]: listed(rest(other)) };
}

const listed = (ids: string[]) => (ids.length > 0 ? ids.join(',') : undefined);
