// What a search view's address asks: the same question has the same key.
import type { GroupBy, Search, SortOrder } from '../../api';
import { idsIn, STRICTNESS, type Route } from '../../route';
import { wordsIn } from './query';

/** Photos of a search in the order of their dates come in pages so large that most have one: each page has an order of its own. */
const DATED_PAGE = 1_000;

export interface Question {
  search: Search;
  /** Whether photos have a score and a relevance: not for filters alone. */
  isScored: boolean;
  /** The least relevance of a match, in percent. */
  strictness: number;
  group: GroupBy | undefined;
  /** How many photos to ask for first; the usual number without. */
  page?: number;
}

/** The question of the address; `undefined` where nothing is asked. */
export function questionOf(route: Route): Question | undefined {
  const [query, like, unlike] = [route.q?.trim() ?? '', idsIn(route.like), idsIn(route.unlike)];
  if (!query && like.length === 0) return undefined;
  const isScored = wordsIn(query) !== '' || like.length > 0;
  const sort = route.sort as SortOrder | undefined;
  const strictness = Number(route.strictness ?? STRICTNESS);
  const search: Search = {
    query,
    ...(like.length > 0 && { like }),
    ...(unlike.length > 0 && { unlike }),
    ...(sort && { sort }),
    ...(route.folded && { dedupe: true }),
    // What is put in the order of dates is not cut off by eye any more.
    ...(sort && isScored && { min_relevance: strictness / 100 }),
  };
  const group = route.group as GroupBy | undefined;
  return { search, isScored, strictness, group, ...(sort && isScored && { page: DATED_PAGE }) };
}

/** The question as it is saved: with what the page does by itself, too. */
export const savedAs = ({ search, strictness, group }: Question): Search => ({
  ...search,
  ...(group && { group }),
  ...(strictness !== STRICTNESS && { min_relevance: strictness / 100 }),
});

/** The address of a search that was saved. */
export function routeOf({ query, like, unlike, sort, dedupe, group, min_relevance }: Search): Route {
  return {
    view: 'search',
    ...(query && { q: query }),
    ...(like?.length && { like: like.join(',') }),
    ...(unlike?.length && { unlike: unlike.join(',') }),
    ...(sort && sort !== 'best' && { sort }),
    ...(dedupe && { folded: '1' }),
    ...(group && { group }),
    ...strictnessOf(min_relevance),
  };
}

/** In the order of dates the usual strictness is asked for, too; the address leaves it out. */
function strictnessOf(relevance: number | undefined) {
  const percent = Math.round((relevance ?? STRICTNESS / 100) * 100);
  return percent === STRICTNESS ? {} : { strictness: String(percent) };
}
