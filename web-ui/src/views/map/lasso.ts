// The lasso: which points lie within an outline that somebody drew.
import { boundsOf, type Point } from '../../geometry';
import type { PointGrid } from './point-grid';

/** The outline of the rectangle between two corners. */
export const rectangle = (a: Point, b: Point): Point[] => [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];

/** Whether a place lies within the closed outline; where it crosses itself, every second part is outside. */
export function isWithin(outline: Point[], x: number, y: number): boolean {
  let isInside = false;
  let from = outline[outline.length - 1]!;
  for (const to of outline) {
    // A line to the right of the place is crossed an odd number of times from inside.
    const isCrossed = from.y > y !== to.y > y && x < from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
    if (isCrossed) isInside = !isInside;
    from = to;
  }
  return isInside;
}

/** The points within the outline, in the order of their indexes. */
export function pointsWithin(outline: Point[], grid: PointGrid): number[] {
  if (outline.length < 3) return [];
  const found: number[] = [];
  grid.visit(boundsOf(outline), (i) => {
    if (isWithin(outline, grid.x[i]!, grid.y[i]!)) found.push(i);
  });
  return found.sort((a, b) => a - b);
}
