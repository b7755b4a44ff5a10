// Confusion matrices.
import { expect, test } from 'vitest';
import { mistakes, mostConfused, share } from './confusion';

const matrix = [
  [5, 0, 2],
  [0, 9, 0],
  [3, 1, 0],
];

test('mistakes come most often first, right answers not at all', () => {
  expect(mistakes(matrix)).toEqual([
    { label: 2, prediction: 0, photos: 3 },
    { label: 0, prediction: 2, photos: 2 },
    { label: 2, prediction: 1, photos: 1 },
  ]);
});

test('the most confused classes keep their order', () => {
  expect(mostConfused(matrix, 2)).toEqual([0, 2]);
  expect(mostConfused(matrix, 9)).toEqual([0, 1, 2]);
});

test('a share is of the row', () => {
  expect([share([3, 1], 1), share([0, 0], 0)]).toEqual([0.25, 0]);
});
