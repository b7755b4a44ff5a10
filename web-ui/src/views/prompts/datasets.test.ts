// Folders that look like labelled photos.
import { expect, test } from 'vitest';
import { labelledFolders } from './datasets';

const counted = (...paths: string[]) => paths.map((value) => ({ value, count: 3 }));

test('folders with several folders of photos are found', () => {
  expect(labelledFolders(counted('/p/cats', '/p/dogs', '/q/alone'))).toEqual([{ path: '/p', classes: 2, photos: 6 }]);
});

test('parts of a dataset are no classes', () => {
  const found = labelledFolders(counted('/f/train/rose', '/f/train/daisy', '/f/test/rose', '/f/test/daisy'));
  expect(found).toEqual([{ path: '/f', classes: 2, photos: 12 }]);
});
