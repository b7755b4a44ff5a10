// Folders that look like labelled photos: one folder for each class.
import { splitPath } from '../../format';

export interface LabelledFolder {
  path: string;
  classes: number;
  photos: number;
}

interface CountedFolder {
  value: string;
  count: number;
}

/** What folders of parts are called, which are no classes. */
const PARTS = new Set(['train', 'training', 'val', 'valid', 'validation', 'test', 'testing']);

/** Folders with photos in at least two folders, those with the most classes first. */
export function labelledFolders(folders: CountedFolder[]): LabelledFolder[] {
  const found = new Map<string, { classes: Set<string>; photos: number }>();
  for (const { value, count } of folders) {
    const { folder, name } = splitPath(value);
    const above = splitPath(folder);
    const path = PARTS.has(above.name.toLowerCase()) ? above.folder : folder;
    if (!path) continue;
    const known = found.get(path) ?? { classes: new Set(), photos: 0 };
    known.classes.add(name);
    known.photos += count;
    found.set(path, known);
  }
  return [...found]
    .map(([path, { classes, photos }]) => ({ path, classes: classes.size, photos }))
    .filter(({ classes }) => classes > 1)
    .sort((a, b) => b.classes - a.classes || b.photos - a.photos);
}
