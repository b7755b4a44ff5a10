// What was decided about groups of duplicates: which of their files stay, and which go.
import type { DuplicateFile, DuplicateGroup, DuplicateKind } from '../../api';

/** Enough of a file to act on it later, without the server. */
export interface DecidedFile {
  path: string;
  /** The exact path in base64, where `path` is not exact. */
  path_bytes?: string;
  bytes: number;
  stays: boolean;
}

export interface Decision {
  kind: DuplicateKind;
  files: DecidedFile[];
}

type NamedFile = Pick<DecidedFile, 'path' | 'path_bytes' | 'bytes'>;

/** Two files of one path are the same one. */
export const pathKey = ({ path, path_bytes }: NamedFile) => path_bytes ?? `/${path}`;

export const filesOf = (group: DuplicateGroup): DuplicateFile[] => [group.keep, ...group.others];

/** Names a group by its files: with another file, or one that has changed, it is another group, and not decided. */
export const decisionKey = (kind: DuplicateKind, files: NamedFile[]) =>
  [kind, ...files.map((file) => `${pathKey(file)}\0${file.bytes}`).sort()].join('\0');

export const groupKey = (group: DuplicateGroup) => decisionKey(group.kind, filesOf(group));

/** The decision that `stay` remain of a group and the others go. */
export function decide(group: DuplicateGroup, stay: (file: DuplicateFile) => boolean): Decision {
  const files = filesOf(group).map((file) => {
    const { path, path_bytes, bytes } = file;
    return { path, ...(path_bytes && { path_bytes }), bytes, stays: stay(file) };
  });
  return { kind: group.kind, files };
}

export const asSuggested = (group: DuplicateGroup) => decide(group, (file) => file === group.keep);

export const keepAll = (group: DuplicateGroup) => decide(group, () => true);

/** Whether `file` stays; undefined while nothing is decided. */
export const stays = (decision: Decision | undefined, file: NamedFile) =>
  decision?.files.find((decided) => pathKey(decided) === pathKey(file))?.stays;

/** The first file that is picked stays alone; then each press turns one over. The last one that stays, stays. */
export function press(group: DuplicateGroup, decision: Decision | undefined, file: DuplicateFile): Decision {
  if (!decision) return decide(group, (other) => other === file);
  const turned = decide(group, (other) => (stays(decision, other) ?? true) !== (other === file));
  return turned.files.some(({ stays }) => stays) ? turned : decision;
}

export const bytesThatGo = ({ files }: Decision) =>
  files.reduce((sum, { stays, bytes }) => sum + (stays ? 0 : bytes), 0);
