// A map of photos that do not exist, for tests: clusters of normal distributions, the same for each run.
import type { MapAnswer } from '../../api';

const CLUSTERS = 24;
/** Every so many-th photo lies outside of all clusters, has no date, has no tag. */
const LOOSE = 20;

export function syntheticMap(points: number): MapAnswer {
  const random = generator(7);
  const normal = () => random() + random() + random() + random() - 2;
  const middles = Array.from({ length: CLUSTERS }, () => ({ x: 0.1 + 0.8 * random(), y: 0.1 + 0.6 * random(), spread: 0.015 + 0.04 * random() }));
  const ids = Array.from({ length: points }, (_, i) => i.toString(16).padStart(32, '0'));
  const cluster = ids.map((_, i) => (i % LOOSE === 0 ? -1 : Math.floor(CLUSTERS * random() ** 1.6)));
  const places = cluster.map((of) => {
    const middle = middles[of];
    if (!middle) return { x: random(), y: 0.8 * random() };
    return { x: middle.x + middle.spread * normal(), y: middle.y + middle.spread * normal() };
  });
  return {
    points,
    ids,
    x: places.map(({ x }) => rounded(x)),
    y: places.map(({ y }) => rounded(y)),
    cluster,
    clusters: middles.map((_, k) => ({
      size: cluster.filter((of) => of === k).length,
      representative: ids[cluster.indexOf(k)] ?? '',
      label: k % 3 === 0 ? `subject ${k}` : undefined,
    })),
    taken: ids.map((_, i) => (i % LOOSE === 1 ? null : 2004 + 20 * rounded(random()))),
    tags: ['flowers', 'people', 'animals', 'buildings', 'food', 'mountains', 'cars', 'beach', 'snow'],
    tag: cluster.map((of, i) => (i % LOOSE === 2 || of < 0 ? -1 : of % 9)),
  };
}

const rounded = (value: number) => Math.round(Math.min(Math.max(value, 0), 1) * 1e4) / 1e4;

/** Lehmer's generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
