// Debouncing and throttling, on a fake clock.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { debounce, throttle } from './timing';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a debounced call comes once, after a pause', () => {
  const action = vi.fn();
  const { call } = debounce(action, 150);
  call();
  vi.advanceTimersByTime(100);
  call();
  vi.advanceTimersByTime(149);
  expect(action).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(action).toHaveBeenCalledOnce();
});

test('a flush brings only what is waiting', () => {
  const action = vi.fn();
  const { call, flush, cancel } = debounce(action, 150);
  flush();
  call();
  cancel();
  flush();
  expect(action).not.toHaveBeenCalled();
  call();
  flush();
  vi.advanceTimersByTime(1000);
  expect(action).toHaveBeenCalledOnce();
});

test('a throttled call comes at once, and the last one is not lost', () => {
  const action = vi.fn();
  const call = throttle(action, 1000);
  call();
  call();
  call();
  expect(action).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(action).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(5000);
  expect(action).toHaveBeenCalledTimes(2);
});
