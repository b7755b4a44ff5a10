// Places, sizes and rectangles, in whatever unit whoever uses them has.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const contains = (rect: Rect, x: number, y: number) =>
  x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom;

export const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

type Pair = [Point, Point];

const middle = ([a, b]: Pair): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const span = ([a, b]: Pair) => Math.max(distance(a, b), 1);

/** What two fingers meant that went from `before` to `after`: how far their middle moved, and by which factor they drew apart round it. */
export function pinch(before: Pair, after: Pair): { by: Point; factor: number; at: Point } {
  const [from, at] = [middle(before), middle(after)];
  return { by: { x: at.x - from.x, y: at.y - from.y }, factor: span(after) / span(before), at };
}

export function boundsOf(points: Point[]): Rect {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}
