// Points sorted into the cells of a grid, so that those near a place are found without looking at all of them.
import type { Point, Rect } from '../../geometry';

const POINTS_PER_CELL = 4;
const MOST_CELLS_PER_SIDE = 512;

export class PointGrid {
  /** The points of cell `c` are `members[starts[c]]` to `members[starts[c + 1] - 1]`. */
  readonly #starts: Uint32Array;
  readonly #members: Uint32Array;
  readonly #side: number;

  constructor(
    readonly x: ArrayLike<number>,
    readonly y: ArrayLike<number>,
  ) {
    this.#side = Math.min(Math.ceil(Math.sqrt(x.length / POINTS_PER_CELL)) || 1, MOST_CELLS_PER_SIDE);
    this.#starts = new Uint32Array(this.#side ** 2 + 1);
    this.#members = new Uint32Array(x.length);
    const cells = Uint32Array.from({ length: x.length }, (_, i) => this.#cell(y[i]!) * this.#side + this.#cell(x[i]!));
    for (const cell of cells) this.#starts[cell + 1]!++;
    for (let cell = 0; cell < this.#side ** 2; cell++) this.#starts[cell + 1]! += this.#starts[cell]!;
    const next = this.#starts.slice();
    cells.forEach((cell, i) => (this.#members[next[cell]!++] = i));
  }

  /** Calls `visit` with every point in `rect`, until it returns false. */
  visit(rect: Rect, visit: (index: number) => boolean | void) {
    const [left, right] = [this.#cell(rect.left), this.#cell(rect.right)];
    const [top, bottom] = [this.#cell(rect.top), this.#cell(rect.bottom)];
    for (let row = top; row <= bottom; row++) {
      const end = this.#starts[row * this.#side + right + 1]!;
      for (let at = this.#starts[row * this.#side + left]!; at < end; at++) {
        const i = this.#members[at]!;
        const [x, y] = [this.x[i]!, this.y[i]!];
        if (x < rect.left || x > rect.right || y < rect.top || y > rect.bottom) continue;
        if (visit(i) === false) return;
      }
    }
  }

  /** How many points lie in `rect`; counts no further than `most`. */
  count(rect: Rect, most = Infinity): number {
    let number = 0;
    this.visit(rect, () => ++number < most);
    return number;
  }

  /** The point nearest to `place`, no further than `radius` away. */
  nearest({ x, y }: Point, radius: number): number | undefined {
    let found: number | undefined;
    let least = radius ** 2;
    this.visit({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }, (i) => {
      const squared = (this.x[i]! - x) ** 2 + (this.y[i]! - y) ** 2;
      if (squared <= least) [found, least] = [i, squared];
    });
    return found;
  }

  #cell(coordinate: number): number {
    return Math.min(Math.max(Math.floor(coordinate * this.#side), 0), this.#side - 1);
  }
}
