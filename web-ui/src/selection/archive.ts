// Original files as one ZIP archive, which is written while they arrive.
import { downloadZip } from 'client-zip';
import { originalUrl } from '../api';
import { splitPath } from '../format';
import type { Selected } from './selection.svelte';

/** File names that are all different, letter case aside: some systems know none. */
export function archiveNames(paths: readonly string[]): string[] {
  const used = new Set<string>();
  return paths.map((path) => {
    const { name } = splitPath(path);
    const [, stem = name, ending = ''] = /^(.+?)(\.[^.]*)?$/s.exec(name) ?? [];
    let unique = name;
    for (let number = 2; used.has(unique.toLowerCase()); number += 1) unique = `${stem} (${number})${ending}`;
    used.add(unique.toLowerCase());
    return unique;
  });
}

/** An archive of the photos, and the paths of those whose files could not be had once it is complete. */
export function archiveOf(photos: readonly Selected[], signal: AbortSignal): { archive: Response; missing: string[] } {
  const names = archiveNames(photos.map(({ path }) => path));
  const missing: string[] = [];
  async function* files() {
    for (const [i, { id, path }] of photos.entries()) {
      const response = await fetch(originalUrl(id), { signal });
      if (response.ok) yield { name: names[i]!, input: response, lastModified: new Date() };
      else missing.push(path);
    }
  }
  return { archive: downloadZip(files()), missing };
}

interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>;
}

/** Saves the archive: straight to a file where the browser can, or else by way of its memory. */
export async function saveArchive(archive: Response, name: string) {
  const { showSaveFilePicker } = window as SavePicker;
  if (showSaveFilePicker && archive.body) {
    const file = await showSaveFilePicker({ suggestedName: name });
    return archive.body.pipeTo(await file.createWritable());
  }
  const url = URL.createObjectURL(await archive.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The browser needs the address until it has begun to read.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
