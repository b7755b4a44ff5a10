// The map as the page works with it: the server's answer, and what is computed of it once.
import type { MapAnswer } from '../../api';
import type { Rect } from '../../geometry';
import { PointGrid } from './point-grid';

export interface Cluster {
  /** As points name it. */
  index: number;
  label?: string;
  size: number;
  /** The point that stands for it. */
  representative: number;
  /** Where most of its photos lie: without the few that lie far off. */
  area: Rect;
}

/** The share of a cluster's photos that may lie outside of its area, on each side. */
const FAR_OFF = 0.05;

export class PhotoMap {
  readonly grid: PointGrid;
  /** Those that have photos here, the largest first. */
  readonly clusters: Cluster[];
  readonly area: Rect;

  constructor(readonly answer: MapAnswer) {
    const { ids, x, y, cluster } = answer;
    this.grid = new PointGrid(x, y);
    this.area = areaOf(ids.map((_, i) => i), answer, 0);
    const members: number[][] = answer.clusters.map(() => []);
    cluster.forEach((index, i) => members[index]?.push(i));
    const places = new Map(ids.map((id, i) => [id, i]));
    this.clusters = answer.clusters
      .map(({ label, representative }, index) => {
        const photos = members[index]!;
        const area = areaOf(photos, answer, FAR_OFF);
        return { index, label, size: photos.length, area, representative: places.get(representative) ?? photos[0] ?? -1 };
      })
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size - a.size);
  }

  get length(): number {
    return this.answer.ids.length;
  }

  id(index: number): string {
    return this.answer.ids[index]!;
  }

  /** The points of these photos, as far as they are on the map. */
  pointsOf(ids: string[]): number[] {
    const wanted = new Set(ids);
    return wanted.size === 0 ? [] : this.answer.ids.flatMap((id, i) => (wanted.has(id) ? [i] : []));
  }
}

/** The rectangle around points, without the share `outside` at each of its sides. */
function areaOf(points: number[], { x, y }: MapAnswer, outside: number): Rect {
  const [xs, ys] = [x, y].map((places) => Float64Array.from(points, (i) => places[i]!).sort()) as [Float64Array, Float64Array];
  const first = Math.floor(points.length * outside);
  const last = points.length - 1 - first;
  return { left: xs[first] ?? 0, top: ys[first] ?? 0, right: xs[last] ?? 1, bottom: ys[last] ?? 1 };
}
