import { expect, test } from 'vitest';
import { FITTED, fittedSize, moveBy, toggled, withinFrame, zoomBy, type Stage, type Zoom } from './zoom';

const STAGE: Stage = { picture: { width: 4000, height: 2000 }, frame: { width: 800, height: 600 } };
const MIDDLE = { x: 0, y: 0 };

/** Where in the picture, as shares of its sides from its middle, the point `at` of the frame lies. */
function shareAt(zoom: Zoom, at: { x: number; y: number }) {
  const { width, height } = fittedSize(STAGE);
  return [(at.x - zoom.x) / (width * zoom.scale), (at.y - zoom.y) / (height * zoom.scale)];
}

test('a picture fits by its longer side', () => {
  expect(fittedSize(STAGE)).toEqual({ width: 800, height: 400 });
  expect(fittedSize({ ...STAGE, picture: { width: 100, height: 300 } })).toEqual({ width: 200, height: 600 });
});

test('what lies under the pointer stays there', () => {
  const at = { x: 120, y: -60 };
  const before = zoomBy(FITTED, 3, MIDDLE, STAGE);
  const after = zoomBy(before, 1.4, at, STAGE);
  const [x, y] = shareAt(before, at);
  expect(shareAt(after, at)[0]).toBeCloseTo(x!);
  expect(shareAt(after, at)[1]).toBeCloseTo(y!);
});

test('it is never smaller than its frame, and its pixels never grow beyond two of the screen', () => {
  expect(zoomBy(FITTED, 0.2, { x: 300, y: 0 }, STAGE)).toEqual(FITTED);
  expect(zoomBy(FITTED, 1000, MIDDLE, STAGE).scale).toBe(10);
  expect(zoomBy(FITTED, 1000, MIDDLE, { ...STAGE, picture: { width: 80, height: 60 } }).scale).toBe(4);
});

test('it cannot be moved out of the frame', () => {
  expect(moveBy(FITTED, { x: 50, y: 50 }, STAGE)).toEqual(FITTED);
  const twice = zoomBy(FITTED, 2, MIDDLE, STAGE);
  expect(moveBy(twice, { x: 5000, y: -5000 }, STAGE)).toEqual({ scale: 2, x: 400, y: -100 });
});

test('a smaller frame pulls it back', () => {
  const right = { scale: 2, x: 400, y: 0 };
  const smaller = { ...STAGE, frame: { width: 400, height: 300 } };
  expect(withinFrame(right, smaller)).toEqual({ scale: 2, x: 200, y: 0 });
});

test('two quick taps show it pixel by pixel, and fit it again', () => {
  const own = toggled(FITTED, MIDDLE, STAGE);
  expect(own.scale).toBe(5);
  expect(toggled(own, MIDDLE, STAGE)).toEqual(FITTED);
  expect(toggled(FITTED, MIDDLE, { ...STAGE, picture: { width: 400, height: 300 } }).scale).toBe(2.5);
});
