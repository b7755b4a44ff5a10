// Arrow keys look that way; plus and minus undo each other.
import { expect, test } from 'vitest';
import { cameraMove } from './keys';

const SIZE = { width: 800, height: 600 };
const CAMERA = { x: 0.5, y: 0.5, scale: 1000 };
const after = (key: string, from = CAMERA) => cameraMove(key, SIZE)!(from);

test('arrow keys look in their direction', () => {
  expect(after('ArrowLeft').x).toBeCloseTo(0.38);
  expect(after('ArrowRight').x).toBeCloseTo(0.62);
  expect(after('ArrowUp').y).toBeCloseTo(0.41);
  expect(after('ArrowDown').y).toBeCloseTo(0.59);
});

test('plus and minus zoom towards the middle, and undo each other', () => {
  expect(after('+')).toMatchObject({ x: 0.5, y: 0.5 });
  expect(after('=').scale).toBeGreaterThan(1000);
  expect(after('-', after('+')).scale).toBeCloseTo(1000);
});

test('other keys are not for the camera', () => {
  expect(cameraMove('Tab', SIZE)).toBeUndefined();
  expect(cameraMove('a', SIZE)).toBeUndefined();
});
