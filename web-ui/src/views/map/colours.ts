// The colours of points, by what is asked of them; readable on paper and in the dark, also for colour-blind people.
import type { PhotoMap } from './photo-map';

export const COLOUR_BY = ['cluster', 'date', 'tag'] as const;
export type ColourBy = (typeof COLOUR_BY)[number];
export type Scheme = 'light' | 'dark';

/** Hues after Okabe and Ito; tests hold their distances and contrasts. */
export const CATEGORIES: Record<Scheme, string[]> = {
  light: ['#088bee', '#772f03', '#0a673f', '#d550a8', '#0c326c', '#a6831a'],
  dark: ['#1d73f1', '#f9bf60', '#12edb1', '#cd28a4', '#a6d4e8', '#995f10'],
};

/** From the oldest to the newest: ever farther from the ground in lightness, as viridis. */
export const AGES: Record<Scheme, string[]> = {
  light: ['#bd7f12', '#c14a5b', '#83318f', '#321a62'],
  dark: ['#6272c3', '#2f9ba3', '#62c667', '#f3e226'],
};

/** What belongs to nothing that has a colour. */
export const OTHERS: Record<Scheme, string> = { light: '#8d8477', dark: '#7d756a' };

export interface Swatch {
  colour: string;
  meaning: { tag: string } | 'otherTags' | 'untagged' | 'undated';
}

export interface Colouring {
  /** Red, green, blue and 255 of every point. */
  points: Uint8Array;
  /** What a colour means, where a few words can say it. */
  swatches: Swatch[];
  /** The years at both ends of the scale, where dates are shown. */
  years?: { from: number; to: number; colours: string[] };
}

export function colouring(map: PhotoMap, by: ColourBy, scheme: Scheme): Colouring {
  return { cluster: byCluster, date: byDate, tag: byTag }[by](map, scheme);
}

/** The colour of a point, as CSS has it. */
export const colourOf = ({ points }: Colouring, i: number) => `rgb(${points[4 * i]} ${points[4 * i + 1]} ${points[4 * i + 2]})`;

/** Paints all but the chosen points faintly; nothing chosen leaves all as they are. */
export function highlighted({ points }: Colouring, chosen: number[]): Uint8Array {
  if (chosen.length === 0) return points;
  const result = points.slice();
  for (let i = 3; i < result.length; i += 4) result[i] = FAINT;
  for (const i of chosen) result[4 * i + 3] = 255;
  return result;
}

const FAINT = 45;

function byCluster(map: PhotoMap, scheme: Scheme): Colouring {
  const colours = clusterColours(map, scheme);
  return { points: paint(map.length, (i) => colours.get(map.answer.cluster[i]!) ?? OTHERS[scheme]), swatches: [] };
}

/** There are more clusters than colours: as on maps of countries, those of one colour lie far apart. */
function clusterColours({ clusters, answer: { x, y } }: PhotoMap, scheme: Scheme): Map<number, string> {
  const given = CATEGORIES[scheme].map((colour) => ({ colour, owners: [] as number[] }));
  const result = new Map<number, string>();
  for (const { index, representative: own } of clusters) {
    const gap = (owners: number[]) => Math.min(...owners.map((other) => Math.hypot(x[own]! - x[other]!, y[own]! - y[other]!)));
    const best = given.reduce((a, b) => (gap(b.owners) > gap(a.owners) ? b : a));
    best.owners.push(own);
    result.set(index, best.colour);
  }
  return result;
}

function byDate({ length, answer: { taken } }: PhotoMap, scheme: Scheme): Colouring {
  const known = Float64Array.from(taken.filter((year) => year !== null)).sort();
  const undated: Swatch = { colour: OTHERS[scheme], meaning: 'undated' };
  if (known.length === 0) return { points: paint(length, () => undated.colour), swatches: [undated] };
  // A camera whose clock was never set must not push all others to one end.
  const from = known[Math.floor(known.length * 0.02)]!;
  const to = known[Math.ceil(known.length * 0.98) - 1]!;
  const scale = Array.from({ length: 256 }, (_, step) => mixed(AGES[scheme], step / 255));
  const shade = (year: number) => scale[Math.round(255 * Math.min(Math.max((year - from) / (to - from || 1), 0), 1))]!;
  const points = paint(length, (i) => (taken[i] === null ? undated.colour : shade(taken[i]!)));
  const years = { from: Math.floor(from), to: Math.floor(to), colours: AGES[scheme] };
  return { points, years, swatches: known.length < length ? [undated] : [] };
}

function byTag({ length, answer: { tag, tags } }: PhotoMap, scheme: Scheme): Colouring {
  const sizes = tags.map(() => 0);
  tag.forEach((index) => index >= 0 && sizes[index]!++);
  const named = sizes
    .map((size, index) => ({ size, index }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size);
  const colours = new Map(named.slice(0, CATEGORIES[scheme].length).map(({ index }, k) => [index, CATEGORIES[scheme][k]!]));
  const swatches: Swatch[] = [...colours].map(([index, colour]) => ({ colour, meaning: { tag: tags[index]! } }));
  const rest = named.length > colours.size ? 'otherTags' : tag.includes(-1) ? 'untagged' : undefined;
  if (rest) swatches.push({ colour: OTHERS[scheme], meaning: rest });
  return { points: paint(length, (i) => colours.get(tag[i]!) ?? OTHERS[scheme]), swatches };
}

function paint(length: number, colour: (index: number) => string): Uint8Array {
  const points = new Uint8Array(4 * length);
  const known = new Map<string, number[]>();
  for (let i = 0; i < length; i++) {
    const text = colour(i);
    let bytes = known.get(text);
    if (!bytes) known.set(text, (bytes = [...rgb(text), 255]));
    points.set(bytes, 4 * i);
  }
  return points;
}

/** The colour at `place` (0..1) on the way through `colours`. */
function mixed(colours: string[], place: number): string {
  const at = place * (colours.length - 1);
  const before = Math.min(Math.floor(at), colours.length - 2);
  const [a, b] = [rgb(colours[before]!), rgb(colours[before + 1]!)];
  return `#${a.map((part, k) => Math.round(part + (b[k]! - part) * (at - before)).toString(16).padStart(2, '0')).join('')}`;
}

const rgb = (colour: string) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
