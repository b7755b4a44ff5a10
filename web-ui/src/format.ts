// Numbers, times and paths as people read them, in the language of the page.
import { language, messages } from './language.svelte';

const words = messages(
  { moment: 'a moment', rejected: 'Rejected', north: 'N', south: 'S', east: 'E', west: 'W' },
  {
    de: { moment: 'ein Augenblick', rejected: 'Verworfen', north: 'N', south: 'S', east: 'O', west: 'W' },
    zh: { moment: '片刻', rejected: '已弃用', north: 'N', south: 'S', east: 'E', west: 'W' },
  },
);

export const count = (value: number) => value.toLocaleString(language.now);

export const counted = (value: number, one: string, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export const score = (value: number) => value.toFixed(3);

export const percent = (value: number) => `${Math.round(value * 100)} %`;

export const milliseconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** A span that is still to come, roughly: nobody wants a countdown to the second of an hour. */
export function duration(seconds: number): string {
  if (seconds < 1) return words().moment;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** The camera's clock has no time zone: what it showed is shown. */
export function cameraTime(text: string): string {
  const time = new Date(`${text.replace(/(Z|[+-]\d\d:?\d\d)$/, '')}Z`);
  if (Number.isNaN(time.getTime())) return text;
  return time.toLocaleString(language.now, { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone: 'UTC' });
}

/** Stars as they are drawn; -1 is a photo that somebody rejected. */
export const stars = (rating: number) => (rating < 0 ? words().rejected : '★'.repeat(rating));

export function position([latitude, longitude]: [number, number]): string {
  const part = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
  return `${part(latitude, words().north, words().south)}, ${part(longitude, words().east, words().west)}`;
}

export function megapixels(width: number, height: number): string {
  const value = (width * height) / 1e6;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} MP`;
}

export function splitPath(path: string): { folder: string; name: string } {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return { folder: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}

export const fileName = (path: string) => splitPath(path).name;

/** A size on disk, in powers of 1,000 as file managers show it. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = value / 1000 ** power;
  return `${scaled.toLocaleString(language.now, { maximumFractionDigits: scaled < 10 && power > 0 ? 1 : 0 })} ${units[power]}`;
}
