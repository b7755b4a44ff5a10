// What is known of a photo, as rows of a table; what other photos can share leads to them.
import type { Hit, Photo, UnusualHit } from '../api';
import { cameraTime, megapixels, percent, position, score, stars } from '../format';
import { typed } from '../views/search/query';
import { words } from './messages';

export interface Fact {
  name: string;
  parts: Part[];
}

export interface Part {
  text: string;
  /** The query for the photos of which this is true, too. */
  query?: string;
}

/** Round a photo's position, where places are looked for. */
const NEAR_KM = 50;

export function factsOf(photo: Photo, listed: Hit | UnusualHit | undefined): Fact[] {
  const t = words();
  const facts: [name: string, parts: (Part | undefined)[]][] = [
    [t.size, [{ text: `${photo.width} × ${photo.height}` }, { text: megapixels(photo.width, photo.height) }, format(photo)]],
    [t.taken, [photo.taken_at ? { text: cameraTime(photo.taken_at), query: takenOn(photo.taken_at) } : undefined]],
    [t.camera, [filtered('camera', photo.camera)]],
    [t.lens, [filtered('lens', photo.lens)]],
    [t.place, placeOf(photo)],
    [t.rating, [photo.rating ? { text: stars(photo.rating), query: `rating:${photo.rating}` } : undefined]],
    [t.keywords, (photo.keywords ?? []).map((keyword) => filtered('tag', keyword))],
    [t.tags, (photo.tags ?? []).map(tagged)],
    [t.caption, [photo.caption ? { text: photo.caption } : undefined]],
    ...standing(listed),
  ];
  return facts
    .map(([name, parts]) => ({ name, parts: parts.filter((part) => part !== undefined) }))
    .filter(({ parts }) => parts.length > 0);
}

/** What the list below says of the photo. */
function standing(listed: Hit | UnusualHit | undefined): [string, (Part | undefined)[]][] {
  const t = words();
  if (!listed) return [];
  const folded: [string, Part[]] = [t.standsFor, listed.folded ? [{ text: t.nearIdentical(listed.folded) }] : []];
  if ('neighbours' in listed) return [[t.unusualness, [{ text: score(listed.score) }]], folded];
  return [[t.score, [{ text: score(listed.score) }, { text: t.relevance(listed.relevance) }]], folded];
}

/** Only what a rule guessed has a probability that says something. */
function tagged({ tag, rule, probability }: NonNullable<Photo['tags']>[number]): Part | undefined {
  return filtered('tag', tag, rule ? `${tag} ${percent(probability)}` : tag);
}

function filtered(field: string, value: string | undefined, text = value): Part | undefined {
  return value && text ? { text, query: typed(field, value) } : undefined;
}

const format = (photo: Photo) => filtered('type', photo.format, photo.format.toUpperCase());

/** The day by the camera's clock, where its time is one. */
const takenOn = (time: string) => (/^\d{4}-\d\d-\d\d/.test(time) ? `taken:${time.slice(0, 10)}` : undefined);

function placeOf({ place, position: degrees }: Photo): (Part | undefined)[] {
  if (!degrees) return [filtered('place', place)];
  const query = `near:${degrees.map((value) => value.toFixed(4)).join(',')},${NEAR_KM}km`;
  return [place ? { text: place, query } : undefined, { text: position(degrees), ...(place ? {} : { query }) }];
}
