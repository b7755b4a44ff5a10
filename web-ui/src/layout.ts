// Justified rows: photos keep their proportions and fill the width, as prints laid edge to edge on a table.

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

export interface Layout {
  boxes: Box[];
  height: number;
}

/** Panoramas and tall screenshots are cropped to these, so that a row is not all theirs. */
const NARROWEST = 0.5;
const WIDEST = 2.6;

export function frameFor(width: number): Frame {
  const rowHeight = width < 600 ? 150 : width < 1000 ? 190 : 232;
  return { width, rowHeight, gap: width < 600 ? 8 : 14, caption: 28 };
}

export function aspectRatio({ width, height }: { width: number; height: number }): number {
  const ratio = width > 0 && height > 0 ? width / height : 1;
  return Math.min(Math.max(ratio, NARROWEST), WIDEST);
}

export function justify(ratios: number[], frame: Frame): Layout {
  const boxes: Box[] = [];
  let top = 0;
  if (frame.width <= 0) return { boxes, height: 0 };
  for (const row of rowsOf(ratios, frame)) {
    const placed = placeRow(row, top, frame);
    boxes.push(...placed);
    top += placed[0]!.height + frame.caption + frame.gap;
  }
  return { boxes, height: Math.max(top - frame.gap, 0) };
}

/** Splits photos into rows: a row is full when it is no higher than wanted at the frame's width. */
function rowsOf(ratios: number[], frame: Frame): number[][] {
  const rows: number[][] = [];
  let row: number[] = [];
  for (const ratio of ratios) {
    row.push(ratio);
    if (fittedHeight(row, frame) <= frame.rowHeight) {
      rows.push(row);
      row = [];
    }
  }
  return row.length > 0 ? [...rows, row] : rows;
}

/** The height at which a row fills the width. */
function fittedHeight(row: number[], { width, gap }: Frame): number {
  const sum = row.reduce((total, ratio) => total + ratio, 0);
  return (width - gap * (row.length - 1)) / sum;
}

function placeRow(row: number[], top: number, frame: Frame): Box[] {
  const fitted = fittedHeight(row, frame);
  const isFull = fitted <= frame.rowHeight;
  const height = Math.round(isFull ? fitted : frame.rowHeight);
  let left = 0;
  return row.map((ratio, i) => {
    const isLast = isFull && i === row.length - 1;
    // Rounding must not leave a ragged edge: the last photo of a full row takes what is left.
    const width = isLast ? frame.width - left : Math.round(ratio * (isFull ? fitted : height));
    const box = { left, top, width, height };
    left += width + frame.gap;
    return box;
  });
}

/** Where an arrow key leads from the photo at `index`; `index` itself where it leads nowhere. */
export function neighbourInGrid(boxes: Box[], index: number, key: string): number {
  if (key === 'ArrowLeft') return Math.max(index - 1, 0);
  if (key === 'ArrowRight') return Math.min(index + 1, boxes.length - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return boxes.length - 1;
  const from = boxes[index];
  if (!from || (key !== 'ArrowUp' && key !== 'ArrowDown')) return index;
  return inNextRow(boxes, from, key === 'ArrowUp' ? -1 : 1) ?? index;
}

/** The photo of the next row in `direction` whose middle is nearest. */
function inNextRow(boxes: Box[], from: Box, direction: 1 | -1): number | undefined {
  const beyond = boxes.filter((box) => Math.sign(box.top - from.top) === direction);
  if (beyond.length === 0) return undefined;
  const tops = beyond.map((box) => box.top);
  const top = direction === 1 ? tops[0]! : tops[tops.length - 1]!;
  const distance = (box: Box) => Math.abs(box.left + box.width / 2 - (from.left + from.width / 2));
  const nearest = beyond.filter((box) => box.top === top).reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return boxes.indexOf(nearest);
}
