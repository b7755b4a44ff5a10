// Photos are put together by day, month, year and folder.
import { expect, test } from 'vitest';
import { groupsOf, titleOf } from './groups';

const photo = (id: string, path: string, taken_at?: string) => ({ id, path, taken_at, width: 1, height: 1, format: 'jpeg' });
const PHOTOS = [photo('a', '/x/1.jpg', '2023-06-01T10:00:00'), photo('b', '/y/2.jpg', '2023-06-02T10:00:00'), photo('c', '/x/3.jpg')];

const told = (by: 'day' | 'month' | 'year' | 'folder') =>
  groupsOf(PHOTOS, by).map(({ value, photos }) => [value, photos.map(({ id }) => id).join('')]);

test('groups stand in the order of their first photos', () => {
  expect(told('day')).toEqual([['2023-06-01', 'a'], ['2023-06-02', 'b'], ['', 'c']]);
  expect(told('month')).toEqual([['2023-06', 'ab'], ['', 'c']]);
  expect(told('year')).toEqual([['2023', 'ab'], ['', 'c']]);
  expect(told('folder')).toEqual([['/x', 'ac'], ['/y', 'b']]);
});

test('titles are read in the language of the page', () => {
  expect(titleOf('2023-06-01', 'day', 'en')).toBe('Thursday, June 1, 2023');
  expect(titleOf('2023-06', 'month', 'de')).toBe('Juni 2023');
  expect(titleOf('no date', 'day', 'en')).toBe('no date');
});
