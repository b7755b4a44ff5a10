// What the page computes of the server's answer.
import { expect, test } from 'vitest';
import type { MapAnswer } from '../../api';
import { PhotoMap } from './photo-map';
import { syntheticMap } from './synthetic-map';

const ANSWER: MapAnswer = {
  points: 4,
  ids: ['a', 'b', 'c', 'd'],
  x: [0.1, 0.2, 0.9, 0.3],
  y: [0.5, 0.6, 0.1, 0.4],
  cluster: [1, 1, 0, -1],
  clusters: [
    { size: 1, representative: 'c' },
    { size: 9, representative: 'filtered out', label: 'boats' },
    { size: 5, representative: 'filtered out' },
  ],
  taken: [null, null, null, null],
  tags: [],
  tag: [-1, -1, -1, -1],
};

test('clusters hold what the filter left of them, the largest first', () => {
  const { clusters } = new PhotoMap(ANSWER);
  expect(clusters.map(({ index, size }) => [index, size])).toEqual([[1, 2], [0, 1]]);
  expect(clusters[0]).toMatchObject({ label: 'boats', area: { left: 0.1, top: 0.5, right: 0.2, bottom: 0.6 } });
});

test('a cluster whose representative was filtered out is stood for by a photo of its own', () => {
  const { clusters } = new PhotoMap(ANSWER);
  expect(clusters.map(({ representative }) => representative)).toEqual([0, 2]);
});

test('a cluster’s area leaves out the few that lie far off', () => {
  const answer = syntheticMap(4000);
  const far = answer.cluster.indexOf(3);
  answer.x[far] = 1;
  const cluster = new PhotoMap(answer).clusters.find(({ index }) => index === 3)!;
  expect(cluster.area.right).toBeLessThan(1);
});

test('photos that are no longer there are on no point', () => {
  const map = new PhotoMap(ANSWER);
  expect(map.pointsOf(['d', 'gone', 'a'])).toEqual([0, 3]);
  expect(map.pointsOf([])).toEqual([]);
});

test('an empty map has an area', () => {
  const empty = { ...ANSWER, points: 0, ids: [], x: [], y: [], cluster: [], taken: [], tag: [] };
  expect(new PhotoMap(empty)).toMatchObject({ length: 0, clusters: [], area: { left: 0, top: 0, right: 1, bottom: 1 } });
});
