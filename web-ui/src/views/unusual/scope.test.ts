import { expect, test } from 'vitest';
import { choose, chosen, shortened } from './scope';

test('a choice takes the place of the one before and leaves the others', () => {
  const folder = choose('', 'in', '/photos/Old trips');
  expect(folder).toBe('in:"/photos/Old trips"');
  const both = choose(folder, 'taken', '2023');
  expect(both).toBe('in:"/photos/Old trips" taken:2023');
  expect(choose(both, 'in', '/photos/new')).toBe('taken:2023 in:/photos/new');
  expect(choose(both, 'taken', '')).toBe(folder);
});

test('what is chosen is read from the filter, and what is left out is no choice', () => {
  const filter = '-tag:blurred rating:>=4 in:"/a b"';
  expect(chosen(filter, 'in')).toBe('/a b');
  expect(chosen(filter, 'tag')).toBe('');
  expect(choose(filter, 'tag', 'sea')).toBe('-tag:blurred rating:>=4 in:"/a b" tag:sea');
});

test('folders are named from those of the library on', () => {
  const roots = ['/home/ann/Pictures', '/media/disk/'];
  expect(shortened('/home/ann/Pictures/2024/June', roots)).toBe('Pictures/2024/June');
  expect(shortened('/home/ann/Pictures', roots)).toBe('Pictures');
  expect(shortened('/media/disk/x', roots)).toBe('disk/x');
  expect(shortened('/home/ann/Pictures2', roots)).toBe('/home/ann/Pictures2');
});
