// The camera keeps what is pointed at in place, and the map on the screen.
import { expect, test } from 'vitest';
import { between, fitted, panned, toMap, toScreen, visibleRect, zoomed, type Camera } from './camera';

const SIZE = { width: 800, height: 600 };
const CAMERA: Camera = { x: 0.5, y: 0.4, scale: 1000 };

test('screen and map are each other’s inverse', () => {
  expect(toScreen(CAMERA, SIZE, { x: 0.5, y: 0.4 })).toEqual({ x: 400, y: 300 });
  const back = toMap(CAMERA, SIZE, toScreen(CAMERA, SIZE, { x: 0.123, y: 0.789 }));
  expect(back.x).toBeCloseTo(0.123, 10);
  expect(back.y).toBeCloseTo(0.789, 10);
});

test('what is dragged follows the pointer', () => {
  const before = toScreen(CAMERA, SIZE, { x: 0.3, y: 0.3 });
  const after = toScreen(panned(CAMERA, 30, -20), SIZE, { x: 0.3, y: 0.3 });
  expect(after.x).toBeCloseTo(before.x + 30, 8);
  expect(after.y).toBeCloseTo(before.y - 20, 8);
});

test('zooming leaves what is under the pointer there', () => {
  const pointer = { x: 130, y: 470 };
  const fixed = toMap(CAMERA, SIZE, pointer);
  const closer = zoomed(CAMERA, 3, pointer, SIZE);
  expect(closer.scale).toBe(3000);
  const now = toScreen(closer, SIZE, fixed);
  expect(now.x).toBeCloseTo(pointer.x, 8);
  expect(now.y).toBeCloseTo(pointer.y, 8);
});

test('neither dragging nor zooming loses the map', () => {
  expect(panned(CAMERA, 1e6, -1e6)).toEqual({ x: 0, y: 1, scale: 1000 });
  expect(zoomed(CAMERA, 1e9, { x: 400, y: 300 }, SIZE).scale).toBe(200_000);
  expect(zoomed(CAMERA, 1e-9, { x: 400, y: 300 }, SIZE).scale).toBe(120);
});

test('a rectangle is fitted with its margin', () => {
  const camera = fitted({ left: 0.2, top: 0, right: 0.4, bottom: 0.1 }, SIZE, 50);
  expect(toScreen(camera, SIZE, { x: 0.2, y: 0.05 }).x).toBeCloseTo(50, 8);
  expect(toScreen(camera, SIZE, { x: 0.4, y: 0.05 })).toEqual({ x: 750, y: 300 });
});

test('a single place is fitted too', () => {
  expect(fitted({ left: 0.3, top: 0.3, right: 0.3, bottom: 0.3 }, SIZE, 50)).toEqual({ x: 0.3, y: 0.3, scale: 200_000 });
});

test('the visible part grows by the margin', () => {
  const rect = visibleRect(CAMERA, SIZE, 100);
  expect(rect.left).toBeCloseTo(0, 10);
  expect(rect.right).toBeCloseTo(1, 10);
  expect(rect.top).toBeCloseTo(0, 10);
  expect(rect.bottom).toBeCloseTo(0.8, 10);
});

test('a flight begins and ends where it should, and moves evenly without a zoom', () => {
  const to = { x: 0.9, y: 0.1, scale: 8000 };
  expect(between(CAMERA, to, 0)).toEqual(CAMERA);
  const end = between(CAMERA, to, 1);
  expect(end.x).toBeCloseTo(to.x, 10);
  expect(end.scale).toBeCloseTo(to.scale, 6);
  expect(between(CAMERA, { ...CAMERA, x: 0.7 }, 0.5).x).toBeCloseTo(0.6, 10);
});
