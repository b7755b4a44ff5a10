// Justified rows: photos keep their proportions and fill the width, as prints laid edge to edge on a table.
// Only where rows begin is kept, so that a million photos cost some megabytes; boxes are made for the rows in sight.

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Frame {
  width: number;
  /** The height that a row has at most. */
  rowHeight: number;
  gap: number;
  /** Room under each photo, for its caption. */
  caption: number;
}

interface Sized {
  width: number;
  height: number;
}

/** Panoramas and tall screenshots are cropped to these, so that a row is not all theirs. */
const NARROWEST = 0.5;
const WIDEST = 2.6;

export function frameFor(width: number): Frame {
  const rowHeight = width < 600 ? 150 : width < 1000 ? 190 : 232;
  return { width, rowHeight, gap: width < 600 ? 8 : 14, caption: 28 };
}

export function aspectRatio({ width, height }: Sized): number {
  const ratio = width > 0 && height > 0 ? width / height : 1;
  return Math.min(Math.max(ratio, NARROWEST), WIDEST);
}

export class Layout {
  /** The number of the first photo of each row, and that behind the last photo. */
  readonly #starts: number[] = [0];
  /** Where each row begins, and where the next one would. */
  readonly #tops: number[] = [0];
  readonly #ratios: number[] = [];

  constructor(
    readonly frame: Frame,
    photos: readonly Sized[] = [],
  ) {
    this.#place(photos);
  }

  get count(): number {
    return this.#ratios.length;
  }

  get height(): number {
    return Math.max(this.#tops.at(-1)! - this.frame.gap, 0);
  }

  /** Places the photos behind those that are here; the last row, which may not have been full, is placed anew. */
  append(photos: readonly Sized[]) {
    if (this.#starts.length > 1) {
      this.#starts.pop();
      this.#tops.pop();
    }
    const first = this.#starts.at(-1)!;
    const unplaced = this.#ratios.splice(first);
    this.#place(photos, unplaced);
  }

  /** The numbers of the photos in rows that touch the stripe from `top` to `bottom`, the end exclusive. */
  within(top: number, bottom: number): { start: number; end: number } {
    const first = this.#rowAt(top);
    const last = this.#rowAt(bottom);
    return { start: this.#starts[first] ?? 0, end: this.#starts[Math.min(last + 1, this.#starts.length - 1)] ?? 0 };
  }

  box(index: number): Box {
    const row = lastAtMost(this.#starts, index);
    return this.#boxes(row)[index - this.#starts[row]!]!;
  }

  /** The boxes of the photos from `start` to `end`, which begin and end rows. */
  boxes(start: number, end: number): Box[] {
    const boxes: Box[] = [];
    for (let row = lastAtMost(this.#starts, start); boxes.length < end - start; row += 1) boxes.push(...this.#boxes(row));
    return boxes;
  }

  /** Where a key leads from the photo at `index`; `index` itself where it leads nowhere. */
  neighbour(index: number, key: string): number {
    if (key === 'ArrowLeft') return Math.max(index - 1, 0);
    if (key === 'ArrowRight') return Math.min(index + 1, this.count - 1);
    if (key === 'Home') return 0;
    if (key === 'End') return this.count - 1;
    if (key === 'ArrowUp') return this.#nearestInRow(index, -1);
    if (key === 'ArrowDown') return this.#nearestInRow(index, 1);
    return index;
  }

  #place(photos: readonly Sized[], unplaced: number[] = []) {
    if (this.frame.width <= 0) return;
    let sum = 0;
    const add = (ratio: number) => {
      this.#ratios.push(ratio);
      sum += ratio;
      if (this.#fittedHeight(sum, this.#ratios.length - this.#starts.at(-1)!) > this.frame.rowHeight) return;
      this.#endRow(sum);
      sum = 0;
    };
    unplaced.forEach(add);
    for (const photo of photos) add(aspectRatio(photo));
    if (sum > 0) this.#endRow(sum);
  }

  #endRow(sum: number) {
    const count = this.#ratios.length - this.#starts.at(-1)!;
    this.#starts.push(this.#ratios.length);
    this.#tops.push(this.#tops.at(-1)! + this.#rowHeight(sum, count) + this.frame.caption + this.frame.gap);
  }

  /** The height at which a row fills the width. */
  #fittedHeight(sum: number, count: number): number {
    return (this.frame.width - this.frame.gap * (count - 1)) / sum;
  }

  #rowHeight(sum: number, count: number): number {
    return Math.round(Math.min(this.#fittedHeight(sum, count), this.frame.rowHeight));
  }

  #boxes(row: number): Box[] {
    const ratios = this.#ratios.slice(this.#starts[row], this.#starts[row + 1]);
    const sum = ratios.reduce((total, ratio) => total + ratio, 0);
    const fitted = this.#fittedHeight(sum, ratios.length);
    const isFull = fitted <= this.frame.rowHeight;
    const height = this.#rowHeight(sum, ratios.length);
    let left = 0;
    return ratios.map((ratio, i) => {
      const isLast = isFull && i === ratios.length - 1;
      // Rounding must not leave a ragged edge: the last photo of a full row takes what is left.
      const width = isLast ? this.frame.width - left : Math.round(ratio * (isFull ? fitted : height));
      const box = { left, top: this.#tops[row]!, width, height };
      left += width + this.frame.gap;
      return box;
    });
  }

  #rowAt(y: number): number {
    return Math.min(lastAtMost(this.#tops, y), Math.max(this.#starts.length - 2, 0));
  }

  /** The photo of the next row in `direction` whose middle is nearest. */
  #nearestInRow(index: number, direction: 1 | -1): number {
    const row = lastAtMost(this.#starts, index) + direction;
    if (row < 0 || row >= this.#starts.length - 1) return index;
    const middle = (box: Box) => box.left + box.width / 2;
    const from = middle(this.box(index));
    const distances = this.#boxes(row).map((box) => Math.abs(middle(box) - from));
    return this.#starts[row]! + distances.indexOf(Math.min(...distances));
  }
}

/** The place of the last number that is at most `value`, in numbers that rise; 0 where none is. */
function lastAtMost(numbers: number[], value: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (numbers[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
