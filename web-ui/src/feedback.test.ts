import { expect, test } from 'vitest';
import { formatRoute, type Route } from './route';
import { feedback, isOn } from './feedback';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const SEARCH: Route = { view: 'search', q: 'sea', photo: ONE };

test('photos are added to the search that is shown', () => {
  const one = feedback(SEARCH, 'like', ONE);
  expect(one).toEqual({ view: 'search', q: 'sea', like: ONE });
  expect(feedback({ ...one, photo: TWO }, 'like', TWO).like).toBe(`${ONE},${TWO}`);
});

test('a photo is on one side, and off again when it is pressed twice', () => {
  const disliked = feedback(feedback(SEARCH, 'like', ONE), 'unlike', ONE);
  expect([disliked.like, disliked.unlike]).toEqual([undefined, ONE]);
  expect(isOn(disliked, 'unlike', ONE)).toBe(true);
  expect(formatRoute(feedback(disliked, 'unlike', ONE))).toBe('#/search?q=sea');
});

test('another view, or a picture, gives way to a new search', () => {
  expect(formatRoute(feedback({ view: 'unusual', junk: '1', photo: ONE }, 'like', ONE))).toBe(`#/search?like=${ONE}`);
  expect(feedback({ view: 'search', picture: '1', photo: ONE }, 'like', ONE).picture).toBeUndefined();
});
