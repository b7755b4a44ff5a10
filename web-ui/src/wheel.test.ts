// A wheel magnifies by as much whether its turns come in pixels or lines; a touchpad's small steps weigh more.
import { expect, test } from 'vitest';
import { wheelFactor } from './wheel';

test('turns magnify, back and forth', () => {
  const turn = (deltaY: number, deltaMode = 0, ctrlKey = false) => wheelFactor({ deltaY, deltaMode, ctrlKey });
  expect(turn(-100)).toBeGreaterThan(1);
  expect(turn(-100) * turn(100)).toBeCloseTo(1);
  expect(turn(-10, 1)).toBeCloseTo(turn(-160));
  expect(turn(-10, 0, true)).toBeCloseTo(turn(-50));
});
