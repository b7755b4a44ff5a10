// A list that is too high for a browser begins and ends where the list as it is shown does.
import { expect, test } from 'vitest';
import { depthAt, HIGHEST, shownAt, shownHeight } from './scrolling';

test('a list that can be shown is shown as it is', () => {
  expect([shownHeight(5_000), depthAt(1_234, 5_000, 800), shownAt(1_234, 5_000, 800)]).toEqual([5_000, 1_234, 1_234]);
});

test('one that cannot is shown from its beginning to its end', () => {
  const height = 3 * HIGHEST;
  expect(shownHeight(height)).toBe(HIGHEST);
  expect([depthAt(-300, height, 800), depthAt(0, height, 800)]).toEqual([-300, 0]);
  expect(depthAt(HIGHEST - 800, height, 800)).toBeCloseTo(height - 800);
  expect(shownAt(depthAt(1e6, height, 800), height, 800)).toBeCloseTo(1e6);
});
