import { expect, test } from 'vitest';
import { dailyCron, dailyTime } from './cron';

test('a time of the day is a cron expression, and comes back', () => {
  expect(dailyCron('03:00')).toBe('0 3 * * *');
  for (const time of ['00:00', '09:05', '23:59']) expect(dailyTime(dailyCron(time))).toBe(time);
});

test('what is more than a time of the day is left as it is', () => {
  for (const cron of ['15 3 * * 0', '*/5 * * * *', '0 3 1 * *', '60 3 * * *', '0 24 * * *', '@daily', '']) {
    expect(dailyTime(cron), cron).toBeUndefined();
  }
});
