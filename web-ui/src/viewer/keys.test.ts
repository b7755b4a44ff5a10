import { expect, test } from 'vitest';
import { actionOf, directionOf } from './keys';

const NONE = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

test('keys ask for actions, however they are typed', () => {
  expect(actionOf({ ...NONE, key: 'ArrowRight' })).toBe('next');
  expect(actionOf({ ...NONE, key: '?', shiftKey: true })).toBe('keys');
  expect(actionOf({ ...NONE, key: '=' })).toBe('zoomIn');
  expect(actionOf({ ...NONE, key: 'I', shiftKey: true })).toBe('panel');
  expect(actionOf({ ...NONE, key: 'x' })).toBeUndefined();
});

test("the browser's own combinations stay its own", () => {
  expect(actionOf({ ...NONE, key: 'd', ctrlKey: true })).toBeUndefined();
  expect(actionOf({ ...NONE, key: '0', metaKey: true })).toBeUndefined();
});

test('shift and an arrow look further in its direction', () => {
  expect(actionOf({ ...NONE, key: 'ArrowRight', shiftKey: true })).toBe('move');
  expect(directionOf('ArrowRight')).toEqual({ x: -1, y: 0 });
});
