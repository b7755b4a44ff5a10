// Whether the page is light or dark now, where colours cannot come from its style sheet.
import { MediaQuery } from 'svelte/reactivity';
import { theme } from '../../theme.svelte';
import type { Scheme } from './colours';

const prefersDark = new MediaQuery('prefers-color-scheme: dark');

export function scheme(): Scheme {
  if (theme.now !== 'system') return theme.now;
  return prefersDark.current ? 'dark' : 'light';
}
