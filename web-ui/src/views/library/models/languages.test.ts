import { expect, test } from 'vitest';
import { languageNames } from './languages';

test('languages have names in the language of the page', () => {
  expect(languageNames(['en', 'de'], 'en')).toEqual({ names: 'English, German', more: 0 });
  expect(languageNames(['zh'], 'de').names).toBe('Chinesisch');
});

test('of many, the first are named and the others counted', () => {
  expect(languageNames(['en', 'de', 'fr', 'es', 'it', 'pt'], 'en')).toEqual({ names: 'English, German, French, Spanish', more: 2 });
});

test('what is no code stays as it is', () => {
  expect(languageNames(['more than 100'], 'en').names).toBe('more than 100');
});
