// Numbers, times and paths as people read them.

const LANGUAGE = 'en';

export const count = (value: number) => value.toLocaleString(LANGUAGE);

export const counted = (value: number, one: string, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export const score = (value: number) => value.toFixed(3);

export const percent = (value: number) => `${Math.round(value * 100)} %`;

export const milliseconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** A span that is still to come, roughly: nobody wants a countdown to the second of an hour. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'a moment';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** The camera's clock has no time zone: what it showed is shown. */
export function cameraTime(text: string): string {
  const time = new Date(`${text.replace(/(Z|[+-]\d\d:?\d\d)$/, '')}Z`);
  if (Number.isNaN(time.getTime())) return text;
  return time.toLocaleString(LANGUAGE, { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone: 'UTC' });
}

/** Stars as they are drawn; -1 is a photo that somebody rejected. */
export const stars = (rating: number) => (rating < 0 ? 'Rejected' : '★'.repeat(rating));

export function position([latitude, longitude]: [number, number]): string {
  const part = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
  return `${part(latitude, 'N', 'S')}, ${part(longitude, 'E', 'W')}`;
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
