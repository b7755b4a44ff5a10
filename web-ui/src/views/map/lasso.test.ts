// The lasso catches what lies inside of it, whatever its shape.
import { expect, test } from 'vitest';
import { isWithin, pointsWithin, rectangle } from './lasso';
import { PointGrid } from './point-grid';

const HORSESHOE = [
  { x: 0.1, y: 0.1 },
  { x: 0.9, y: 0.1 },
  { x: 0.9, y: 0.9 },
  { x: 0.7, y: 0.9 },
  { x: 0.7, y: 0.3 },
  { x: 0.3, y: 0.3 },
  { x: 0.3, y: 0.9 },
  { x: 0.1, y: 0.9 },
];

test('a horseshoe holds its arms, and not what is between them', () => {
  expect(isWithin(HORSESHOE, 0.2, 0.8)).toBe(true);
  expect(isWithin(HORSESHOE, 0.5, 0.2)).toBe(true);
  expect(isWithin(HORSESHOE, 0.5, 0.6)).toBe(false);
  expect(isWithin(HORSESHOE, 0.95, 0.5)).toBe(false);
});

test('the direction in which it was drawn does not matter', () => {
  expect(isWithin([...HORSESHOE].reverse(), 0.2, 0.8)).toBe(true);
  expect(isWithin([...HORSESHOE].reverse(), 0.5, 0.6)).toBe(false);
});

test('points are caught once each, in order', () => {
  const [x, y] = [[0.2, 0.5, 0.8, 0.5], [0.5, 0.6, 0.5, 0.15]];
  expect(pointsWithin(HORSESHOE, new PointGrid(x, y))).toEqual([0, 2, 3]);
});

test('a rectangle may be drawn from any corner', () => {
  const grid = new PointGrid([0.5, 0.9], [0.5, 0.9]);
  for (const [a, b] of [[{ x: 0.4, y: 0.4 }, { x: 0.6, y: 0.6 }], [{ x: 0.6, y: 0.4 }, { x: 0.4, y: 0.6 }]] as const) {
    expect(pointsWithin(rectangle(a, b), grid)).toEqual([0]);
    expect(pointsWithin(rectangle(b, a), grid)).toEqual([0]);
  }
});

test('a dot and a line catch nothing', () => {
  const grid = new PointGrid([0.5], [0.5]);
  expect(pointsWithin([], grid)).toEqual([]);
  expect(pointsWithin([{ x: 0.5, y: 0.5 }, { x: 0.6, y: 0.6 }], grid)).toEqual([]);
});
