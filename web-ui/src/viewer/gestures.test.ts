import { expect, test, vi } from 'vitest';
import { Gestures } from './gestures';

function setUp() {
  const meaning = { drag: vi.fn(), pinch: vi.fn(), stroke: vi.fn(), doubleTap: vi.fn() };
  return { ...meaning, gestures: new Gestures(meaning) };
}

const at = (x: number, y: number, pointerId = 1, timeStamp = 0) => ({ x, y, pointerId, timeStamp });

test('one finger drags', () => {
  const { gestures, drag, pinch } = setUp();
  gestures.move(at(5, 5));
  expect(drag).not.toHaveBeenCalled();
  gestures.down(at(0, 0));
  gestures.move(at(10, 4));
  gestures.move(at(15, 4));
  expect(drag.mock.calls).toEqual([[{ x: 10, y: 4 }], [{ x: 5, y: 0 }]]);
  expect(pinch).not.toHaveBeenCalled();
});

test('a sideways stroke turns the page, a steep one does not', () => {
  const { gestures, stroke } = setUp();
  gestures.down(at(0, 0));
  gestures.up(at(-100, 10));
  gestures.down(at(0, 0));
  gestures.up(at(100, 10));
  gestures.down(at(0, 0));
  gestures.up(at(100, 90));
  gestures.down(at(0, 0));
  gestures.up(at(40, 0));
  expect(stroke.mock.calls).toEqual([[1], [-1]]);
});

test('two fingers pinch round their middle, and are no stroke when they leave', () => {
  const { gestures, pinch, stroke } = setUp();
  gestures.down(at(0, 0, 1));
  gestures.down(at(100, 0, 2));
  gestures.move(at(300, 0, 2));
  expect(pinch).toHaveBeenCalledWith(3, { x: 150, y: 0 });
  gestures.up(at(300, 0, 2));
  gestures.up(at(0, 0, 1));
  expect(stroke).not.toHaveBeenCalled();
});

test('two quick taps at one place are a double tap; a third begins anew', () => {
  const { gestures, doubleTap } = setUp();
  for (const time of [0, 200, 400]) {
    gestures.down(at(7, 7, 1, time));
    gestures.up(at(7, 7, 1, time));
  }
  expect(doubleTap.mock.calls).toEqual([[{ x: 7, y: 7 }]]);
  gestures.down(at(90, 7, 1, 500));
  gestures.up(at(90, 7, 1, 500));
  expect(doubleTap).toHaveBeenCalledTimes(1);
});

test('a gesture that the browser takes over means nothing', () => {
  const { gestures, stroke } = setUp();
  gestures.down(at(0, 0));
  gestures.cancel({ pointerId: 1 });
  gestures.up(at(200, 0));
  expect(stroke).not.toHaveBeenCalled();
});
