import { expect, test } from 'vitest';
import { pauseReason } from './pause_reason';

test("the server's sentences are understood", () => {
  expect(pauseReason('paused for another 14 min')).toEqual({ kind: 'minutes', minutes: 14 });
  expect(pauseReason('paused until `foray resume`')).toEqual({ kind: 'resumed' });
  expect(pauseReason('outside its hours, 22:00-06:30')).toEqual({ kind: 'hours', hours: '22:00-06:30' });
});

test('another sentence is left to be shown as it is', () => {
  expect(pauseReason('the battery is low')).toBeUndefined();
});
