// A few photos that stand for many: spread over the places of all of them.
import type { Point } from '../../geometry';

/** Up to `count` of the points `indices`, one amid each part of them. */
export function spreadOver(indices: number[], x: ArrayLike<number>, y: ArrayLike<number>, count: number): number[] {
  if (indices.length <= count) return indices;
  const places = indices.map((i) => ({ x: x[i]!, y: y[i]! }));
  const parts = partsAround(farApart(places, count), places);
  return parts.filter((part) => part.length > 0).map((part) => indices[nearestToMean(part, places)]!);
}

/** Places far from each other: each is the one farthest from those before. They lie at the edges. */
function farApart(places: Point[], count: number): Point[] {
  const chosen = [places[0]!];
  const gaps = places.map((place) => squaredDistance(place, chosen[0]!));
  while (chosen.length < count) {
    const farthest = places[gaps.reduce((best, gap, k) => (gap > gaps[best]! ? k : best), 0)]!;
    chosen.push(farthest);
    places.forEach((place, k) => (gaps[k] = Math.min(gaps[k]!, squaredDistance(place, farthest))));
  }
  return chosen;
}

/** Which places each of `seeds` is the nearest one to. */
function partsAround(seeds: Point[], places: Point[]): number[][] {
  const parts: number[][] = seeds.map(() => []);
  places.forEach((place, k) => parts[nearest(seeds, place)]!.push(k));
  return parts;
}

/** The place that is most in the middle of a part: unlike its seed, which lies at an edge. */
function nearestToMean(part: number[], places: Point[]): number {
  const sum = part.reduce((sum, k) => ({ x: sum.x + places[k]!.x, y: sum.y + places[k]!.y }), { x: 0, y: 0 });
  const mean = { x: sum.x / part.length, y: sum.y / part.length };
  return part[nearest(part.map((k) => places[k]!), mean)]!;
}

const squaredDistance = (a: Point, b: Point) => (a.x - b.x) ** 2 + (a.y - b.y) ** 2;

function nearest(places: Point[], to: Point): number {
  let found = 0;
  places.forEach((place, k) => {
    if (squaredDistance(place, to) < squaredDistance(places[found]!, to)) found = k;
  });
  return found;
}
