import { expect, test } from 'vitest';
import { byReason } from './reasons';

test('files with one reason stand together, the commonest first', () => {
  const failures = [
    { path: '/a.jpg', reason: 'cut short' },
    { path: '/b.heic', reason: 'libheif is missing' },
    { path: '/c.heic', reason: 'libheif is missing' },
  ];
  expect(byReason(failures)).toEqual([
    { reason: 'libheif is missing', paths: ['/b.heic', '/c.heic'] },
    { reason: 'cut short', paths: ['/a.jpg'] },
  ]);
  expect(byReason([])).toEqual([]);
});
