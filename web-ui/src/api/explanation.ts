// Why a search finds a photo.
import { splitPath } from '../format';
import { send } from './http';
import type { Photo } from './photos';
import type { Hit, Search, SearchResults } from './search';

export type Explanation = NonNullable<Hit['explanation']>;

/** What shall be explained: what was asked for, without the order and selection of its results. */
export type Question = Pick<Search, 'query' | 'like' | 'unlike'>;

/** Photos of one folder whose names contain this one's name, such as 11.jpg beside 1.jpg, are looked through up to here. */
const NAMESAKES = 50;

/** The explanation of `photo` as a result; nothing where the search leaves it out. */
export async function explanation(question: Question, photo: Photo, signal?: AbortSignal): Promise<Explanation | undefined> {
  const { folder, name } = splitPath(photo.path);
  const { width, height } = photo;
  const search = { ...question, filter: { in: folder, name, width, height }, explain: true, limit: NAMESAKES };
  const { results } = await send<SearchResults>('POST', 'search', search, signal);
  return results.find(({ id }) => id === photo.id)?.explanation;
}
