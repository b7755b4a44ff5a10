// Photos put together by what they share.
import type { GroupBy, Photo } from '../../api';
import { splitPath } from '../../format';

export interface Group<T> {
  /** What its photos share: `2023-06-01`, `2023-06`, `2023`, a folder; empty where that is not known. */
  value: string;
  photos: T[];
}

const LENGTH = { day: 10, month: 7, year: 4 };

const valueOf = (photo: Photo, by: GroupBy): string =>
  by === 'folder' ? splitPath(photo.path).folder : (photo.taken_at ?? '').slice(0, LENGTH[by]);

/** The groups in the order of their first photos. */
export function groupsOf<T extends Photo>(photos: readonly T[], by: GroupBy): Group<T>[] {
  const groups = new Map<string, T[]>();
  for (const photo of photos) {
    const value = valueOf(photo, by);
    const group = groups.get(value);
    if (group) group.push(photo);
    else groups.set(value, [photo]);
  }
  return [...groups].map(([value, photos]) => ({ value, photos }));
}

/** How a group's value is read. */
export function titleOf(value: string, by: GroupBy, language: string): string {
  if (by === 'folder' || by === 'year' || value === '') return value;
  const options: Intl.DateTimeFormatOptions = by === 'day' ? { dateStyle: 'full' } : { year: 'numeric', month: 'long' };
  const date = new Date(by === 'day' ? value : `${value}-01`);
  return Number.isNaN(date.getTime()) ? value : date.toLocaleDateString(language, { ...options, timeZone: 'UTC' });
}
