// A query's text as the page edits it: which filters stand in it, adding and removing them. The server has the last word on what it means.

/** A filter as typed, such as `-tag:"blurred"`, and where it stands. */
export interface TypedFilter {
  field: string;
  value: string;
  isNegative: boolean;
  start: number;
  end: number;
}

/** The fields by which photos can be filtered, with values to choose from where there are a few. */
export const FIELDS: Record<string, readonly string[]> = {
  in: [],
  taken: ['2024', '2023-06..2023-09', '<30d'],
  camera: [],
  lens: [],
  place: [],
  near: ['Berlin,50km'],
  has: ['gps', 'date', 'camera', 'rating', 'tags', 'caption', 'copies'],
  type: ['jpeg', 'png', 'raw', 'heic', 'webp', 'tiff'],
  rating: ['5', '>=4', '>=3'],
  tag: [],
  orientation: ['landscape', 'portrait', 'square'],
  name: [],
  caption: [],
  indexed: ['<1d', '<7d', '<30d'],
  w: ['>4000'],
  h: ['>4000'],
  mp: ['>12', '<2'],
};

/** A quoted part, or what looks like a filter. */
const TOKEN = /"[^"]*"|(?<=^|\s)(-?)([a-z]+):("[^"]*"|\S+)/g;

export function filtersIn(query: string): TypedFilter[] {
  return [...query.matchAll(TOKEN)]
    .filter(([, , field]) => field !== undefined && field in FIELDS)
    .map(({ 0: text, 1: sign, 2: field, 3: value, index }) => ({
      field: field!,
      value: value!.replace(/^"(.*)"$/, '$1'),
      isNegative: sign === '-',
      start: index,
      end: index + text.length,
    }));
}

/** What is asked for besides filters. */
export const wordsIn = (query: string): string => filtersIn(query).reduceRight(without, query).trim();

/** The filters alone, as the facets' counts take them. */
export const filterText = (query: string): string =>
  filtersIn(query)
    .map(({ start, end }) => query.slice(start, end))
    .join(' ');

export function without(query: string, { start, end }: { start: number; end: number }): string {
  const [before, after] = [query.slice(0, start).trimEnd(), query.slice(end).trimStart()];
  return before && after ? `${before} ${after}` : before + after;
}

/** The filter on `field` for `value`, as it is typed; there is no way to write a value with a quotation mark. */
export const typed = (field: string, value: string): string =>
  /[\s"]/.test(value) || value === '' ? `${field}:"${value.replaceAll('"', '')}"` : `${field}:${value}`;

/** Adds the filter, or takes it out where it stands already. */
export function toggled(query: string, field: string, value: string): string {
  const present = filtersIn(query).find((filter) => filter.field === field && filter.value === value && !filter.isNegative);
  return present ? without(query, present) : `${query.trim()} ${typed(field, value)}`.trim();
}

export const isFiltered = (query: string, field: string, value: string): boolean =>
  filtersIn(query).some((filter) => filter.field === field && filter.value === value && !filter.isNegative);

/** The word that is being typed at `caret`. */
export interface Unfinished {
  start: number;
  end: number;
  sign: string;
  /** Its field, once there is a colon. */
  field?: string;
  /** What was typed of the field, or of the value. */
  begun: string;
}

export function unfinishedAt(query: string, caret: number): Unfinished {
  const before = query.slice(0, caret);
  const start = before.search(/[^\s]*$/);
  const end = caret + query.slice(caret).search(/\s|$/);
  const [, sign = '', field, begun = ''] = /^(-?)(?:([a-z]+):)?"?(.*)$/s.exec(before.slice(start)) ?? [];
  return { start, end, sign, begun, ...(field && field in FIELDS ? { field } : {}) };
}

/** The fields and values that go on from what was typed; `values` are those of the library. */
export function suggestions(unfinished: Unfinished, values: (field: string) => readonly string[]): string[] {
  const { sign, field, begun } = unfinished;
  const fits = (text: string) => text.toLowerCase().includes(begun.toLowerCase()) && text !== begun;
  if (field) {
    const known = [...values(field), ...FIELDS[field]!];
    return [...new Set(known)].filter(fits).map((value) => sign + typed(field, value));
  }
  if (begun.length < 2 && !sign) return [];
  return Object.keys(FIELDS)
    .filter((name) => name.startsWith(begun) && name !== begun)
    .map((name) => `${sign}${name}:`);
}

/** `query` with `choice` in place of what was being typed, and where the caret goes. */
export function completed(query: string, { start, end }: Unfinished, choice: string): { query: string; caret: number } {
  const rest = query.slice(end);
  const isDone = !choice.endsWith(':');
  const gap = isDone && !rest.startsWith(' ') ? ' ' : '';
  return { query: query.slice(0, start) + choice + gap + rest, caret: start + choice.length + (isDone ? 1 : 0) };
}
