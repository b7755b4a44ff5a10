// The part of the library that is looked at, a folder, a year or a tag of it, as the filter in the address.
import { filtersIn, typed, without } from '../search/query';

/** What can be chosen, by the name of its field in filters. */
export const SCOPES = ['in', 'taken', 'tag'] as const;
export type ScopeField = (typeof SCOPES)[number];

const isChoice = (field: ScopeField) => (filter: { field: string; isNegative: boolean }) =>
  filter.field === field && !filter.isNegative;

/** What `filter` chooses of this field. */
export const chosen = (filter: string, field: ScopeField): string => filtersIn(filter).find(isChoice(field))?.value ?? '';

/** The filter with this choice in place of the one before; none for an empty value. */
export function choose(filter: string, field: ScopeField, value: string): string {
  const before = filtersIn(filter).find(isChoice(field));
  const rest = before ? without(filter, before) : filter;
  return (value ? `${rest} ${typed(field, value)}` : rest).trim();
}

/** A folder's path without what all folders of the library begin with. */
export function shortened(folder: string, roots: readonly string[]): string {
  const root = roots.find((root) => folder === root || folder.startsWith(`${root.replace(/\/$/, '')}/`));
  if (!root) return folder;
  const name = root.replace(/\/$/, '').split('/').at(-1) ?? '';
  return name + folder.slice(root.replace(/\/$/, '').length);
}
