// The grid fills its width, keeps proportions, and is walked with arrow keys.
import { expect, test } from 'vitest';
import { aspectRatio, frameFor, justify, neighbourInGrid, type Frame } from './layout';

const FRAME: Frame = { width: 1000, rowHeight: 200, gap: 10, caption: 20 };
const RATIOS = [1.5, 1.33, 0.67, 1, 1.78, 1.5, 0.75, 1.33, 1.5, 2.2, 0.67];

test('nothing takes no room', () => {
  expect(justify([], FRAME)).toEqual({ boxes: [], height: 0 });
  expect(justify(RATIOS, { ...FRAME, width: 0 })).toEqual({ boxes: [], height: 0 });
});

test('full rows end exactly at the right edge, and none is too high', () => {
  const { boxes } = justify(RATIOS, FRAME);
  const tops = [...new Set(boxes.map((box) => box.top))];
  for (const top of tops.slice(0, -1)) {
    const last = boxes.filter((box) => box.top === top).at(-1)!;
    expect(last.left + last.width).toBe(FRAME.width);
  }
  expect(Math.max(...boxes.map((box) => box.height))).toBeLessThanOrEqual(FRAME.rowHeight);
});

test('photos keep their proportions within a pixel or two', () => {
  const { boxes } = justify(RATIOS, FRAME);
  boxes.forEach((box, i) => expect(Math.abs(box.width - RATIOS[i]! * box.height)).toBeLessThan(3));
});

test('a last row that is not full is not stretched', () => {
  const { boxes, height } = justify([1.5], FRAME);
  expect(boxes).toEqual([{ left: 0, top: 0, width: 300, height: 200 }]);
  expect(height).toBe(220);
});

test('more photos leave the full rows where they were', () => {
  const before = justify(RATIOS.slice(0, 8), FRAME).boxes;
  const after = justify(RATIOS, FRAME).boxes;
  const lastTop = before.at(-1)!.top;
  before.filter((box) => box.top < lastTop).forEach((box, i) => expect(after[i]).toEqual(box));
});

test('a phone shows at least two photos in a row', () => {
  const { boxes } = justify([1.5, 1.5, 1.5, 1.5], frameFor(358));
  expect(boxes[1]!.top).toBe(0);
  expect(boxes[2]!.left).toBe(0);
});

test('extreme and unknown sizes are bounded', () => {
  expect(aspectRatio({ width: 10000, height: 100 })).toBe(2.6);
  expect(aspectRatio({ width: 100, height: 10000 })).toBe(0.5);
  expect(aspectRatio({ width: 0, height: 0 })).toBe(1);
});

test('arrow keys walk the grid', () => {
  const { boxes } = justify([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], { ...FRAME, width: 640 });
  expect(boxes.filter((box) => box.top === 0)).toHaveLength(4);
  expect(neighbourInGrid(boxes, 0, 'ArrowLeft')).toBe(0);
  expect(neighbourInGrid(boxes, 0, 'ArrowRight')).toBe(1);
  expect(neighbourInGrid(boxes, 1, 'ArrowDown')).toBe(5);
  expect(neighbourInGrid(boxes, 10, 'ArrowUp')).toBe(6);
  expect(neighbourInGrid(boxes, 1, 'ArrowUp')).toBe(1);
  expect(neighbourInGrid(boxes, 9, 'ArrowDown')).toBe(9);
  expect(neighbourInGrid(boxes, 4, 'End')).toBe(11);
  expect(neighbourInGrid(boxes, 4, 'Home')).toBe(0);
});
