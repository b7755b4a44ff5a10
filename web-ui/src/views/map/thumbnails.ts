// Which photos are shown as thumbnails on the map: few enough to draw, none over another, none over a crowd of points.
import { toScreen, visibleRect, type Camera } from './camera';
import { contains, type Point, type Rect, type Size } from '../../geometry';
import type { PhotoMap } from './photo-map';

const MOST = 120;
/** A thumbnail that would hide more points than these waits until the camera is closer. */
const MOST_HIDDEN = 3;
/** Places come with four digits: what is still together at this distance does not come apart. */
const CLOSEST = 4e-4;

/** The points to show at `side` pixels; those that stand for clusters come first, whatever they hide. */
export function thumbnailsFor(map: PhotoMap, camera: Camera, size: Size, side: number): number[] {
  const chosen: number[] = [];
  const view = visibleRect(camera, size, side / 2);
  const taken = new Occupancy(side);
  const { x, y } = map.answer;
  const consider = (i: number) => {
    if (taken.add(toScreen(camera, size, { x: x[i]!, y: y[i]! }))) chosen.push(i);
    return chosen.length < MOST;
  };
  for (const { representative: i } of map.clusters) {
    if (contains(view, x[i]!, y[i]!) && !consider(i)) return chosen;
  }
  const reach = side / 2 / camera.scale;
  const hasCrowds = reach > CLOSEST;
  const crowds = new Crowds(map, view, reach);
  map.grid.visit(view, (i) => {
    if (hasCrowds && crowds.isIn(i)) return;
    const around = { left: x[i]! - reach, top: y[i]! - reach, right: x[i]! + reach, bottom: y[i]! + reach };
    const hidesCrowd = hasCrowds && map.grid.count(around, MOST_HIDDEN + 1) > MOST_HIDDEN;
    return hidesCrowd || consider(i);
  });
  return chosen;
}

/** Where many points lie within half a thumbnail's side: most points need no closer look, however many there are. */
class Crowds {
  readonly #columns: number;
  readonly #counts: Uint32Array;

  constructor(
    readonly map: PhotoMap,
    readonly view: Rect,
    readonly cell: number,
  ) {
    this.#columns = Math.floor((view.right - view.left) / cell) + 1;
    this.#counts = new Uint32Array(this.#columns * (Math.floor((view.bottom - view.top) / cell) + 1));
    map.grid.visit(view, (i) => void this.#counts[this.#cellOf(i)]!++);
  }

  isIn(i: number): boolean {
    return this.#counts[this.#cellOf(i)]! > MOST_HIDDEN;
  }

  #cellOf(i: number): number {
    const { x, y } = this.map.answer;
    const row = Math.floor((y[i]! - this.view.top) / this.cell);
    return row * this.#columns + Math.floor((x[i]! - this.view.left) / this.cell);
  }
}

/** Squares of one size on the screen that must not overlap. */
class Occupancy {
  readonly #middles = new Map<string, Point>();

  constructor(readonly side: number) {}

  /** Whether there was room around `middle`, which is now taken. */
  add(middle: Point): boolean {
    const [column, row] = [Math.floor(middle.x / this.side), Math.floor(middle.y / this.side)];
    // A cell is as large as a square: it holds one middle at most, and only its neighbours' can be too close.
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const other = this.#middles.get(`${column + dx} ${row + dy}`);
        if (other && Math.max(Math.abs(other.x - middle.x), Math.abs(other.y - middle.y)) < this.side) return false;
      }
    }
    this.#middles.set(`${column} ${row}`, middle);
    return true;
  }
}

/** The thumbnail under a place on the screen. */
export function thumbnailAt(shown: number[], { answer }: PhotoMap, camera: Camera, size: Size, side: number, at: Point) {
  return shown.find((i) => {
    const middle = toScreen(camera, size, { x: answer.x[i]!, y: answer.y[i]! });
    return Math.max(Math.abs(middle.x - at.x), Math.abs(middle.y - at.y)) <= side / 2;
  });
}
