// Wordings: captions, names, and the way from an evaluation back to what can be edited.
import { expect, test } from 'vitest';
import type { Contender, Evaluation } from '../../api';
import { captionsOf, classNames, freshTemplate, isWritten, mistakeIn, namesOf, requestFor, wordingOf, type Wording } from './wordings';

const classes = [
  { folder: 'Faces_easy', spoken: 'Faces easy' },
  { folder: 'car_side', spoken: 'car side' },
];

const wording = (template: string, own: Wording['own'] = {}): Wording => ({ key: 1, template, own });

const contender = (name: string, prompts?: string[]) => ({ name, prompts, top1: 0 }) as Contender;

const evaluation = (...contenders: Contender[]) =>
  ({ classes: classes.map(({ folder }) => folder), contenders }) as Evaluation;

test('captions are the template with the class in it, but for those written by hand', () => {
  const photo = wording('a photo of a {}', { Faces_easy: ' a face ' });
  expect(captionsOf(photo, classes)).toEqual(['a face', 'a photo of a car side']);
});

test('names are all different', () => {
  const own = { Faces_easy: 'a face' };
  const names = namesOf([wording('{}'), wording('{}', own), wording('{}'), wording('{}', { ...own, gone: 'x' })], classes);
  expect(names).toEqual(['{}', '{} (1 changed)', '{} #2', '{} (1 changed) #2']);
});

test('what the server would refuse is seen before it is sent', () => {
  expect(mistakeIn(wording('{}'), classes)).toBeUndefined();
  expect(mistakeIn(wording('a photo'), classes)).toMatchObject({ kind: 'same', first: 'Faces_easy', second: 'car_side' });
  expect(mistakeIn(wording('{}', { car_side: ' FACES  easy' }), classes)?.kind).toBe('same');
  expect(mistakeIn(wording('{}', { car_side: ' ' }), classes)).toEqual({ kind: 'empty', folder: 'car_side' });
});

test('a request holds all captions in the order of the wordings', () => {
  expect(requestFor('/x', [wording('the {}')], classes, { suggest: true })).toEqual({
    dataset: '/x',
    captions: [{ name: 'the {}', captions: ['the Faces easy', 'the car side'] }],
    suggest: true,
  });
});

test('an evaluation tells how its classes are said', () => {
  const photo = contender('a photo of a {}', ['a photo of a Faces easy', 'a photo of a car side']);
  expect(classNames(evaluation(contender('own', ['face', 'car']), photo))).toEqual(classes);
  expect(classNames(evaluation(contender('own', ['face', 'car']))).map(({ spoken }) => spoken)).toEqual(['Faces_easy', 'car_side']);
});

test('a wording comes back from its results as it was', () => {
  const before = wording('a photo of a {}', { Faces_easy: 'a face' });
  const [name] = namesOf([before], classes);
  expect(wordingOf(contender(name!, captionsOf(before, classes)), classes, 1)).toEqual(before);
  expect(wordingOf(contender('_tokenization.txt', ['a face', 'car side']), classes, 1)).toEqual(wording('{}', { Faces_easy: 'a face' }));
});

test('only what somebody wrote is a wording', () => {
  const names = ['{}', 'suggested: {}', '80 templates averaged'].map((name) => isWritten(contender(name, [])));
  expect([...names, isWritten(contender('4 examples of each class'))]).toEqual([true, false, false, false]);
});

test('a new wording begins with a sentence that is not there yet', () => {
  expect(freshTemplate([wording('a photo of a {}'), wording('{}')])).toBe('a photo of the {}');
});
