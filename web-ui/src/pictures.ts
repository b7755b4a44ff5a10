// Pictures that people search with: kept while the page is open, so that the back button finds them again.

const pictures = new Map<string, File>();

/** Keeps `picture`; the key stands in the address. */
export function keepPicture(picture: File): string {
  const key = String(pictures.size + 1);
  pictures.set(key, picture);
  return key;
}

export const pictureFor = (key: string | undefined) => (key === undefined ? undefined : pictures.get(key));

/** The first picture among files that were dropped or pasted. */
export const firstPicture = (files: FileList | undefined) =>
  [...(files ?? [])].find((file) => file.type.startsWith('image/'));
