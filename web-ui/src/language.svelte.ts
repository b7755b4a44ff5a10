// The language of the page: that of the browser where the page knows it, until another one is chosen.

export const LANGUAGES = { en: 'English', de: 'Deutsch', zh: '中文' } as const;
export type LanguageCode = keyof typeof LANGUAGES;

const KEY = 'language';

const isKnown = (text: string | null | undefined): text is LanguageCode => !!text && text in LANGUAGES;

function first(): LanguageCode {
  if (typeof localStorage === 'undefined') return 'en';
  const chosen = localStorage.getItem(KEY);
  return isKnown(chosen) ? chosen : (navigator.languages.map((tag) => tag.slice(0, 2)).find(isKnown) ?? 'en');
}

class Language {
  now = $state<LanguageCode>(first());

  choose(code: LanguageCode) {
    localStorage.setItem(KEY, code);
    this.now = code;
  }
}

export const language = new Language();

/** The texts of a part of the page: what is missing in a language does not compile. */
export const messages =
  <T>(en: T, others: Record<Exclude<LanguageCode, 'en'>, NoInfer<T>>) =>
  (): T =>
    language.now === 'en' ? en : others[language.now];
