// The grid fills its width, keeps proportions, grows without moving what is there, and is walked with arrow keys.
import { expect, test } from 'vitest';
import { aspectRatio, frameFor, Layout, type Frame } from './layout';

const FRAME: Frame = { width: 1000, rowHeight: 200, gap: 10, caption: 20 };
const RATIOS = [1.5, 1.33, 0.67, 1, 1.78, 1.5, 0.75, 1.33, 1.5, 2.2, 0.67];

const photos = (ratios: number[]) => ratios.map((ratio) => ({ width: ratio * 1000, height: 1000 }));
const boxesOf = (layout: Layout) => layout.boxes(0, layout.count);

test('nothing takes no room', () => {
  for (const layout of [new Layout(FRAME), new Layout({ ...FRAME, width: 0 }, photos(RATIOS))]) {
    expect([layout.count, layout.height, boxesOf(layout)]).toEqual([0, 0, []]);
    expect(layout.within(0, 1000)).toEqual({ start: 0, end: 0 });
  }
});

test('full rows end exactly at the right edge, and none is too high', () => {
  const boxes = boxesOf(new Layout(FRAME, photos(RATIOS)));
  const tops = [...new Set(boxes.map((box) => box.top))];
  for (const top of tops.slice(0, -1)) {
    const last = boxes.filter((box) => box.top === top).at(-1)!;
    expect(last.left + last.width).toBe(FRAME.width);
  }
  expect(Math.max(...boxes.map((box) => box.height))).toBeLessThanOrEqual(FRAME.rowHeight);
});

test('photos keep their proportions within a pixel or two', () => {
  const boxes = boxesOf(new Layout(FRAME, photos(RATIOS)));
  boxes.forEach((box, i) => expect(Math.abs(box.width - RATIOS[i]! * box.height)).toBeLessThan(3));
});

test('a last row that is not full is not stretched', () => {
  const layout = new Layout(FRAME, photos([1.5]));
  expect(layout.box(0)).toEqual({ left: 0, top: 0, width: 300, height: 200 });
  expect(layout.height).toBe(220);
});

test('photos that are appended end where they would be had all come at once', () => {
  const whole = new Layout(FRAME, photos(RATIOS));
  for (let cut = 0; cut <= RATIOS.length; cut += 1) {
    const grown = new Layout(FRAME, photos(RATIOS.slice(0, cut)));
    grown.append(photos(RATIOS.slice(cut)));
    expect(boxesOf(grown)).toEqual(boxesOf(whole));
    expect(grown.height).toBe(whole.height);
  }
});

test('what is in sight are whole rows that touch the stripe, and no others', () => {
  const layout = new Layout(FRAME, photos(Array.from({ length: 1000 }, (_, i) => RATIOS[i % RATIOS.length]!)));
  const boxes = boxesOf(layout);
  for (const [top, bottom] of [[0, 500], [1234, 2345], [layout.height - 10, layout.height + 900]] as const) {
    const { start, end } = layout.within(top, bottom);
    boxes.forEach((box, i) => {
      const isInStripe = box.top <= bottom && box.top + box.height >= top;
      if (isInStripe) expect(i >= start && i < end, `photo ${i}`).toBe(true);
    });
    expect(end - start).toBeLessThan(60);
    expect(layout.boxes(start, end)).toEqual(boxes.slice(start, end));
  }
});

test('a phone shows at least two photos in a row', () => {
  const boxes = boxesOf(new Layout(frameFor(358), photos([1.5, 1.5, 1.5, 1.5])));
  expect(boxes[1]!.top).toBe(0);
  expect(boxes[2]!.left).toBe(0);
});

test('extreme and unknown sizes are bounded', () => {
  expect(aspectRatio({ width: 10000, height: 100 })).toBe(2.6);
  expect(aspectRatio({ width: 100, height: 10000 })).toBe(0.5);
  expect(aspectRatio({ width: 0, height: 0 })).toBe(1);
});

test('arrow keys walk the grid', () => {
  const layout = new Layout({ ...FRAME, width: 640 }, photos(Array(12).fill(1)));
  expect(boxesOf(layout).filter((box) => box.top === 0)).toHaveLength(4);
  const walks = [
    [0, 'ArrowLeft', 0],
    [0, 'ArrowRight', 1],
    [1, 'ArrowDown', 5],
    [10, 'ArrowUp', 6],
    [1, 'ArrowUp', 1],
    [9, 'ArrowDown', 9],
    [4, 'End', 11],
    [4, 'Home', 0],
    [4, 'x', 4],
  ] as const;
  for (const [from, key, to] of walks) expect(layout.neighbour(from, key), `${from} ${key}`).toBe(to);
});
