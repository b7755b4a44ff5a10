// The parts of a search as its explanation names them: words, photos that it names, and photos that are liked or not.

export type Term =
  | { kind: 'words'; words: string }
  | { kind: 'named'; digits: string }
  | { kind: 'like' | 'unlike'; id: string };

export function termOf(text: string): Term {
  const [, side, digits] = /^(?:(like|unlike) )?id:([0-9a-f]+)$/.exec(text) ?? [];
  if (!digits) return { kind: 'words', words: text };
  return side === 'like' || side === 'unlike' ? { kind: side, id: digits } : { kind: 'named', digits };
}
