// The grid finds what looking at all points finds.
import { expect, test } from 'vitest';
import { contains } from '../../geometry';
import { PointGrid } from './point-grid';
import { syntheticMap } from './synthetic-map';

const { x, y } = syntheticMap(5000);
const grid = new PointGrid(x, y);

test.each([
  { left: 0.2, top: 0.1, right: 0.45, bottom: 0.3 },
  { left: -1, top: -1, right: 2, bottom: 2 },
  { left: 0.31234, top: 0.41234, right: 0.31235, bottom: 0.41235 },
  { left: 0.9, top: 0.7, right: 5, bottom: 0.72 },
])('visits the points of %o', (rect) => {
  const found: number[] = [];
  grid.visit(rect, (i) => void found.push(i));
  const expected = x.flatMap((_, i) => (contains(rect, x[i]!, y[i]!) ? [i] : []));
  expect(found.sort((a, b) => a - b)).toEqual(expected);
  expect(grid.count(rect)).toBe(expected.length);
});

test('counts no further than asked', () => {
  expect(grid.count({ left: 0, top: 0, right: 1, bottom: 1 }, 7)).toBe(7);
});

test('finds the nearest point within the radius, or none', () => {
  for (const place of [{ x: 0.5, y: 0.5 }, { x: 0.01, y: 0.79 }, { x: 0.333, y: 0.2 }]) {
    const distances = x.map((_, i) => Math.hypot(x[i]! - place.x, y[i]! - place.y));
    const least = Math.min(...distances);
    expect(distances[grid.nearest(place, least + 0.05)!]).toBe(least);
    expect(grid.nearest(place, least * 0.9)).toBeUndefined();
  }
});

test('holds no points, one point, and points on top of each other', () => {
  expect(new PointGrid([], []).nearest({ x: 0.5, y: 0.5 }, 1)).toBeUndefined();
  expect(new PointGrid([1], [1]).nearest({ x: 0.9, y: 0.9 }, 0.5)).toBe(0);
  expect(new PointGrid([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]).count({ left: 0.5, top: 0.5, right: 0.5, bottom: 0.5 })).toBe(3);
});
