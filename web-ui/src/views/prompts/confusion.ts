// The confusion matrix: what is taken for what, and which part of it is worth a look.

export interface Confusion {
  /** Places of classes. */
  label: number;
  prediction: number;
  photos: number;
}

/** What is confused, most often first. */
export function mistakes(matrix: number[][]): Confusion[] {
  const cells = matrix.flatMap((row, label) => row.map((photos, prediction) => ({ label, prediction, photos })));
  return cells.filter(({ label, prediction, photos }) => photos > 0 && label !== prediction).sort((a, b) => b.photos - a.photos);
}

/** The classes with the most mistakes, at most `most`, in the order of the classes. */
export function mostConfused(matrix: number[][], most: number): number[] {
  const wrong = matrix.map(() => 0);
  for (const { label, prediction, photos } of mistakes(matrix)) {
    wrong[label]! += photos;
    wrong[prediction]! += photos;
  }
  const order = matrix.map((_, place) => place).sort((a, b) => wrong[b]! - wrong[a]! || a - b);
  return order.slice(0, most).sort((a, b) => a - b);
}

/** Which part of a class's photos a cell holds, 0..1. */
export function share(row: number[], photos: number): number {
  const all = row.reduce((sum, cell) => sum + cell, 0);
  return all > 0 ? photos / all : 0;
}
