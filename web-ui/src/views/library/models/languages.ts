// The languages that a model understands, as people name them.

/** As many names fit into a line. */
const SHOWN = 4;

const CODE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** The first names, in the language `shown`, and how many languages follow. What is no code is a name already. */
export function languageNames(languages: string[], shown: string): { names: string; more: number } {
  const name = new Intl.DisplayNames(shown, { type: 'language' });
  const named = languages.slice(0, SHOWN).map((text) => (CODE.test(text) ? (name.of(text) ?? text) : text));
  return { names: named.join(', '), more: Math.max(languages.length - SHOWN, 0) };
}
