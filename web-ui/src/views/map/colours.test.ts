// Colours mean what they should, and can be told apart, whoever looks and on whichever ground.
import { expect, test } from 'vitest';
import { AGES, CATEGORIES, colouring, colourOf, highlighted, OTHERS, type Scheme } from './colours';
import { PhotoMap } from './photo-map';
import { syntheticMap } from './synthetic-map';

/** `--paper` of app.css, on which the points lie. */
const GROUND: Record<Scheme, string> = { light: '#fffdfa', dark: '#22201d' };
const SCHEMES: Scheme[] = ['light', 'dark'];

/** How protanopes, deuteranopes and tritanopes see: Machado, Oliveira and Fernandes 2009, in linear RGB. */
const EYES = [
  [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

type Triple = [number, number, number];

function linear(colour: string): Triple {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as Triple;
}

const luminance = ([r, g, b]: Triple) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: string, b: string): number {
  const [dark, bright] = [luminance(linear(a)), luminance(linear(b))].sort((a, b) => a - b) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

/** CIELAB, as seen by some eyes. */
function lab(colour: string, eyes: number[][]): Triple {
  const seen = eyes.map((row) => Math.min(Math.max(row.reduce((sum, part, k) => sum + part * linear(colour)[k]!, 0), 0), 1));
  const [r, g, b] = seen as Triple;
  const root = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = root(luminance([r, g, b]));
  const z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const difference = (a: string, b: string, eyes: number[][]) =>
  Math.hypot(...lab(a, eyes).map((part, k) => part - lab(b, eyes)[k]!));

test.each(SCHEMES)('all stand out from the ground, in the %s', (scheme) => {
  for (const colour of [...CATEGORIES[scheme], ...AGES[scheme], OTHERS[scheme]]) {
    expect(contrast(colour, GROUND[scheme]), colour).toBeGreaterThanOrEqual(3);
  }
});

test.each(SCHEMES)('categories can be told apart by all eyes, in the %s', (scheme) => {
  const colours = [...CATEGORIES[scheme], OTHERS[scheme]];
  for (const eyes of EYES) {
    colours.forEach((a, k) => colours.slice(k + 1).forEach((b) => expect(difference(a, b, eyes), `${a} ${b}`).toBeGreaterThan(19)));
  }
});

test.each(SCHEMES)('the newer, the farther from the ground, in the %s', (scheme) => {
  const contrasts = AGES[scheme].map((colour) => contrast(colour, GROUND[scheme]));
  expect(contrasts).toEqual([...contrasts].sort((a, b) => a - b));
});

const map = new PhotoMap(syntheticMap(3000));
const { cluster, taken, tag, tags } = map.answer;
const css = (hex: string) => `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(' ')})`;

test('photos of a cluster have one colour, those of none are grey', () => {
  const colours = colouring(map, 'cluster', 'light');
  for (const { index } of map.clusters) {
    const seen = new Set(cluster.flatMap((of, i) => (of === index ? [colourOf(colours, i)] : [])));
    expect(seen.size).toBe(1);
  }
  expect(colourOf(colours, cluster.indexOf(-1))).toBe(css(OTHERS.light));
});

test('clusters of one colour are not the nearest to each other', () => {
  const colours = colouring(map, 'cluster', 'light');
  const { x, y } = map.answer;
  const isClash = map.clusters.map(({ representative: own }) => {
    const others = map.clusters.map(({ representative }) => representative).filter((other) => other !== own);
    const gap = (i: number) => Math.hypot(x[i]! - x[own]!, y[i]! - y[own]!);
    const nearest = others.reduce((a, b) => (gap(b) < gap(a) ? b : a));
    return colourOf(colours, nearest) === colourOf(colours, own);
  });
  expect(isClash.filter(Boolean).length).toBeLessThanOrEqual(2);
});

test('dates run from the oldest to the newest colour', () => {
  const colours = colouring(map, 'date', 'dark');
  const dated = taken.flatMap((year, i) => (year === null ? [] : [{ year, i }])).sort((a, b) => a.year - b.year);
  expect(colourOf(colours, dated[0]!.i)).toBe(css(AGES.dark[0]!));
  expect(colourOf(colours, dated.at(-1)!.i)).toBe(css(AGES.dark.at(-1)!));
  expect(colourOf(colours, taken.indexOf(null))).toBe(css(OTHERS.dark));
  expect(colours.years).toMatchObject({ from: 2004, to: 2023 });
  expect(colours.swatches).toEqual([{ colour: OTHERS.dark, meaning: 'undated' }]);
});

test('one camera without a clock does not spoil the scale', () => {
  const answer = { ...map.answer, taken: map.answer.taken.with(5, 1970) };
  expect(colouring(new PhotoMap(answer), 'date', 'dark').years?.from).toBe(2004);
});

test('a library without dates says so', () => {
  const answer = { ...map.answer, taken: taken.map(() => null) };
  const colours = colouring(new PhotoMap(answer), 'date', 'light');
  expect(colours.years).toBeUndefined();
  expect(colours.swatches).toEqual([{ colour: OTHERS.light, meaning: 'undated' }]);
});

test('the tags of most photos have colours, the others share one', () => {
  const colours = colouring(map, 'tag', 'light');
  const named = colours.swatches.slice(0, -1);
  expect(named.map(({ colour }) => colour)).toEqual(CATEGORIES.light);
  expect(colours.swatches.at(-1)).toEqual({ colour: OTHERS.light, meaning: 'otherTags' });
  for (const { colour, meaning } of named) {
    const index = tags.indexOf((meaning as { tag: string }).tag);
    expect(colourOf(colours, tag.indexOf(index))).toBe(css(colour));
  }
});

test('what is not chosen grows faint, unless nothing is', () => {
  const colours = colouring(map, 'cluster', 'light');
  expect(highlighted(colours, [])).toBe(colours.points);
  const points = highlighted(colours, [7]);
  expect([points[4 * 7 + 3], points[4 * 8 + 3]]).toEqual([255, 45]);
  expect(colours.points[4 * 8 + 3]).toBe(255);
});
