import { expect, test } from 'vitest';
import type { Photo } from '../api';
import { factsOf } from './facts';

const PHOTO: Photo = { id: 'a', path: '/photos/a.jpg', width: 4000, height: 3000, format: 'jpeg' };

/** The queries behind the fact of this name. */
const queries = (photo: Partial<Photo>, name: string) =>
  factsOf({ ...PHOTO, ...photo }, undefined).find((fact) => fact.name === name)?.parts.map(({ query }) => query);

test('what is not known has no row', () => {
  expect(factsOf(PHOTO, undefined).map(({ name }) => name)).toEqual(['Size']);
});

test('what other photos can share leads to them', () => {
  expect(queries({ camera: 'Canon EOS 5D' }, 'Camera')).toEqual(['camera:"Canon EOS 5D"']);
  expect(queries({ keywords: ['sea', 'old town'] }, 'Keywords')).toEqual(['tag:sea', 'tag:"old town"']);
  expect(queries({ taken_at: '2023-06-01T12:00:00+02:00' }, 'Taken')).toEqual(['taken:2023-06-01']);
  expect(queries({ taken_at: 'yesterday' }, 'Taken')).toEqual([undefined]);
  expect(queries({ rating: -1 }, 'Rating')).toEqual(['rating:-1']);
});

test('a place leads to the photos round it, by its name or else by its position', () => {
  const near = 'near:-33.8568,151.2153,50km';
  expect(queries({ position: [-33.85678, 151.2153], place: 'Sydney, Australia' }, 'Place')).toEqual([near, undefined]);
  expect(queries({ position: [-33.85678, 151.2153] }, 'Place')).toEqual([near]);
});

test('what the list says of it comes last', () => {
  const hit = { ...PHOTO, score: 0.25, relevance: 0.874, folded: 2 };
  const parts = factsOf(PHOTO, hit).slice(1).map(({ parts }) => parts.map(({ text }) => text));
  expect(parts).toEqual([['0.250', 'relevance 87 %'], ['2 near-identical shots']]);
  const unusual = { ...PHOTO, score: 0.4, neighbours: [], folded: 0 };
  expect(factsOf(PHOTO, unusual).at(-1)).toEqual({ name: 'Unusualness', parts: [{ text: '0.400' }] });
});
