// The folder for what goes.
import { expect, test } from 'vitest';
import { isInside, isWhole } from './trash';

test('a folder must say where it is', () => {
  expect(['/srv/x', '~', '~/x', 'C:\\x', 'D:/x', '\\\\nas\\x'].map(isWhole)).toEqual(Array(6).fill(true));
  expect(['', 'x', './x', '~x', 'C:x'].map(isWhole)).toEqual(Array(5).fill(false));
});

test('a folder in the library is noticed', () => {
  expect([isInside('/photos/trash/', '/photos'), isInside('/photos', '/photos/')]).toEqual([true, true]);
  expect([isInside('/photos-trash', '/photos'), isInside('/srv', '/srv/photos')]).toEqual([false, false]);
  expect(isInside('C:/photos/x', 'C:\\photos')).toBe(true);
});
