// Files of one name from several folders all find their place in an archive.
import { expect, test } from 'vitest';
import { archiveNames } from './archive';

test('names in an archive are all different', () => {
  const paths = ['/a/IMG_1.jpg', '/b/img_1.JPG', '/c/IMG_1.jpg', '/d/IMG_1 (2).jpg', '/e/noending', '/f/noending', '/g/.hidden'];
  expect(archiveNames(paths)).toEqual([
    'IMG_1.jpg',
    'img_1 (2).JPG',
    'IMG_1 (3).jpg',
    'IMG_1 (2) (2).jpg',
    'noending',
    'noending (2)',
    '.hidden',
  ]);
});
