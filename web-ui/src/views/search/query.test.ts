// Filters are found, added and taken out without touching the rest of a query.
import { expect, test } from 'vitest';
import { completed, filterText, filtersIn, isFiltered, suggestions, toggled, typed, unfinishedAt, without, wordsIn } from './query';

test('filters are told from words', () => {
  const query = 'sunset at:5 + 2:beach in:Trips/2024 -tag:"a b" camera:"Pixel 7" "IMG taken:2023"';
  expect(filtersIn(query).map(({ field, value, isNegative }) => [field, value, isNegative])).toEqual([
    ['in', 'Trips/2024', false],
    ['tag', 'a b', true],
    ['camera', 'Pixel 7', false],
  ]);
  expect(filterText(query)).toBe('in:Trips/2024 -tag:"a b" camera:"Pixel 7"');
  expect(wordsIn(query)).toBe('sunset at:5 + 2:beach "IMG taken:2023"');
});

test('a filter is added and taken out again', () => {
  const query = 'red flower taken:2023';
  const more = toggled(query, 'camera', 'Pixel 7');
  expect(more).toBe('red flower taken:2023 camera:"Pixel 7"');
  expect(isFiltered(more, 'camera', 'Pixel 7')).toBe(true);
  expect(toggled(more, 'camera', 'Pixel 7')).toBe(query);
  expect(toggled('', 'taken', '2023')).toBe('taken:2023');
  expect(without(query, filtersIn(query)[0]!)).toBe('red flower');
});

test('values are quoted where they must be', () => {
  expect([typed('in', 'a b'), typed('in', 'a/b'), typed('tag', 'x"y')]).toEqual(['in:"a b"', 'in:a/b', 'tag:"xy"']);
});

test('what is being typed is completed', () => {
  const values = (field: string) => (field === 'camera' ? ['Pixel 7', 'NIKON D70'] : []);
  const at = (query: string, caret = query.length) => suggestions(unfinishedAt(query, caret), values);
  expect(at('dog cam')).toEqual(['camera:']);
  expect(at('dog c')).toEqual([]);
  expect(at('dog -t')).toEqual(['-taken:', '-type:', '-tag:']);
  expect(at('dog camera:')).toEqual(['camera:"Pixel 7"', 'camera:"NIKON D70"']);
  expect(at('dog camera:pix')).toEqual(['camera:"Pixel 7"']);
  expect(at('dog camera:pix red', 14)).toEqual(['camera:"Pixel 7"']);
  expect(at('has:g')).toEqual(['has:gps', 'has:rating', 'has:tags']);
  expect(at('some words')).toEqual([]);
});

test('a choice takes the place of the word', () => {
  const query = 'dog cam red';
  expect(completed(query, unfinishedAt(query, 7), 'camera:')).toEqual({ query: 'dog camera: red', caret: 11 });
  expect(completed('has:g', unfinishedAt('has:g', 5), 'has:gps')).toEqual({ query: 'has:gps ', caret: 8 });
});
