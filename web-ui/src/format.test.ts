// What people read.
import { expect, test } from 'vitest';
import { cameraTime, counted, duration, megapixels, milliseconds, position, splitPath, stars } from './format';

test('counts agree with their nouns', () => {
  expect(counted(1, 'photo')).toBe('1 photo');
  expect(counted(12345, 'photo')).toBe('12,345 photos');
  expect(counted(2, 'match', 'matches')).toBe('2 matches');
});

test('spans get coarser as they get longer', () => {
  expect(duration(0.2)).toBe('a moment');
  expect(duration(42.4)).toBe('42 s');
  expect(duration(600)).toBe('10 min');
  expect(duration(9000)).toBe('2.5 h');
});

test('a camera time is shown as the camera showed it', () => {
  expect(cameraTime('2023-06-01T12:05:00')).toBe('June 1, 2023 at 12:05');
  expect(cameraTime('2023-06-01T12:05:00+02:00')).toBe('June 1, 2023 at 12:05');
  expect(cameraTime('some day')).toBe('some day');
});

test('places, sizes and speeds', () => {
  expect(position([-33.8568, 151.2153])).toBe('33.8568° S, 151.2153° E');
  expect(megapixels(4000, 3000)).toBe('12 MP');
  expect(megapixels(500, 375)).toBe('0.2 MP');
  expect(milliseconds(2.14)).toBe('2.1 ms');
});

test('ratings are stars', () => {
  expect([stars(4), stars(-1)]).toEqual(['★★★★', 'Rejected']);
});

test('paths of both kinds of system are split', () => {
  expect(splitPath('/a/b/c.jpg')).toEqual({ folder: '/a/b', name: 'c.jpg' });
  expect(splitPath('C:\\photos\\c.jpg')).toEqual({ folder: 'C:\\photos', name: 'c.jpg' });
  expect(splitPath('c.jpg')).toEqual({ folder: '', name: 'c.jpg' });
});
