// Thumbnails are few, do not cover each other, and do not cover crowds.
import { expect, test } from 'vitest';
import { fitted, toScreen, visibleRect, type Camera } from './camera';
import { contains } from '../../geometry';
import { PhotoMap } from './photo-map';
import { syntheticMap } from './synthetic-map';
import { thumbnailsFor } from './thumbnails';

const SIZE = { width: 1000, height: 700 };
const SIDE = 64;
const map = new PhotoMap(syntheticMap(20_000));
const { x, y } = map.answer;
const far = fitted(map.area, SIZE, 40);
const representatives = new Set(map.clusters.map(({ representative }) => representative));

const cameras: Camera[] = [far, { x: 0.5, y: 0.4, scale: 4000 }, { x: 0.3, y: 0.3, scale: 30_000 }, { x: 0.4, y: 0.5, scale: 200_000 }];

test.each(cameras)('none overlaps another, at %o', (camera) => {
  const places = thumbnailsFor(map, camera, SIZE, SIDE).map((i) => toScreen(camera, SIZE, { x: x[i]!, y: y[i]! }));
  for (const [k, a] of places.entries()) {
    for (const b of places.slice(k + 1)) expect(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThanOrEqual(SIDE);
  }
});

test.each(cameras)('they are few and on the screen, at %o', (camera) => {
  const chosen = thumbnailsFor(map, camera, SIZE, SIDE);
  const view = visibleRect(camera, SIZE, SIDE / 2);
  expect(chosen.length).toBeLessThanOrEqual(120);
  chosen.forEach((i) => expect(contains(view, x[i]!, y[i]!)).toBe(true));
});

test('from far away the largest cluster is stood for, and crowds stay in sight', () => {
  const chosen = thumbnailsFor(map, far, SIZE, SIDE);
  expect(chosen[0]).toBe(map.clusters[0]!.representative);
  const reach = SIDE / 2 / far.scale;
  for (const i of chosen.filter((i) => !representatives.has(i))) {
    const hidden = map.grid.count({ left: x[i]! - reach, top: y[i]! - reach, right: x[i]! + reach, bottom: y[i]! + reach });
    expect(hidden).toBeLessThanOrEqual(3);
  }
});

test('from close by, a photo of a cluster appears itself', () => {
  const cluster = map.clusters[0]!;
  const middle = { x: (cluster.area.left + cluster.area.right) / 2, y: (cluster.area.top + cluster.area.bottom) / 2 };
  const count = (scale: number) => thumbnailsFor(map, { ...middle, scale }, SIZE, SIDE).filter((i) => !representatives.has(i)).length;
  expect(count(60_000)).toBeGreaterThan(20);
  expect(count(60_000)).toBeGreaterThan(count(2000));
});
