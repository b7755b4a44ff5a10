// The files that a review can be taken home as.
import { exactBytes, type Plan, type PlannedFile } from './plan';
import { powerShellScript } from './powershell';
import { shellScript } from './shell';

export const EXPORTS = ['shell', 'powershell', 'json', 'list'] as const;
export type Export = (typeof EXPORTS)[number];

export const EXPORT_NAMES: Record<Export, string> = {
  shell: 'foray-duplicates.sh',
  powershell: 'foray-duplicates.ps1',
  json: 'foray-duplicates.json',
  list: 'foray-duplicates.txt',
};

/** `day` as 2026-11-28. */
export function written(as: Export, plan: Plan, trash: string, day: string): Blob {
  if (as === 'shell') return new Blob([shellScript(plan, trash, day)], { type: 'application/x-sh' });
  if (as === 'powershell') return new Blob([powerShellScript(plan, trash, day)], { type: 'text/plain' });
  if (as === 'json') return new Blob([planAsJson(plan, day)], { type: 'application/json' });
  return new Blob([list(plan)], { type: 'text/plain' });
}

/** As `foray duplicates --plan` writes it, but for `keep`, of which there may be several. */
function planAsJson({ groups, files, bytes }: Plan, day: string): string {
  return `${JSON.stringify({ reviewed: day, groups, files, freed_bytes: bytes }, null, 2)}\n`;
}

/** A line cannot hold a name with a line break. */
export const hasOwnLine = ({ path }: PlannedFile) => !/[\r\n]/.test(path);

/** The exact path of each file that goes, one a line. */
export function list({ groups }: Plan): Uint8Array<ArrayBuffer> {
  const paths = groups.flatMap(({ remove }) => remove.filter(hasOwnLine).map(exactBytes));
  return new Uint8Array(paths.flatMap((path) => [...path, 0x0a]));
}
