// The folder that duplicates are moved into: what can be one, and where it should not be.

/** Whether `folder` says where it is whatever folder a script is run in. */
export const isWhole = (folder: string) => /^(\/|~$|~[\\/]|[A-Za-z]:[\\/]|\\\\)/.test(folder.trim());

const steps = (path: string) => path.trim().split(/[\\/]+/).filter(Boolean);

/** Whether `folder` is `root` or lies in it, by its name. */
export function isInside(folder: string, root: string): boolean {
  const [inner, outer] = [steps(folder), steps(root)];
  return outer.every((step, i) => step === inner[i]);
}
