// The viewer's keys.

export type Action = 'previous' | 'next' | 'zoomIn' | 'zoomOut' | 'fit' | 'move' | 'panel' | 'download' | 'keys' | 'close';

/** In the order in which they are listed, as they stand on a keyboard. */
export const SHOWN: Record<Action, string[]> = {
  previous: ['←'],
  next: ['→'],
  zoomIn: ['+'],
  zoomOut: ['-'],
  fit: ['0'],
  move: ['Shift', '← ↑ ↓ →'],
  panel: ['I'],
  download: ['D'],
  keys: ['?'],
  close: ['Esc'],
};

const ARROWS: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

/** What a key asks for; the dialog itself sees to Escape. `+` and `?` are typed with Shift on many keyboards. */
const BY_KEY: Record<string, Action> = {
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
  '0': 'fit',
  i: 'panel',
  d: 'download',
  '?': 'keys',
};

type Press = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

export function actionOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Press): Action | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  if (shiftKey && key in ARROWS) return 'move';
  return BY_KEY[key.length === 1 ? key.toLowerCase() : key];
}

/** Where the picture moves to, so that what lies in the arrow's direction comes into sight. */
export const directionOf = (key: string) => ARROWS[key] ?? { x: 0, y: 0 };
