// The plan that decisions make: which files go, group by group, and what must be there for it.
import { pathKey, type DecidedFile, type Decision } from './decisions';
import { DUPLICATE_KINDS, type DuplicateKind } from '../../api';

export type PlannedFile = Omit<DecidedFile, 'stays'>;

export interface PlannedGroup {
  kind: DuplicateKind;
  keep: PlannedFile[];
  remove: PlannedFile[];
}

export interface Plan {
  /** The strictest kind first. A file goes once at most, and only while one that it is a duplicate of is still there. */
  groups: PlannedGroup[];
  files: number;
  bytes: number;
  /** Groups that would let go what another group keeps for them, and so are left out. */
  contradictions: number;
}

/**
 * What is kept of one group may go in a laxer one, in favour of a better version. Strict groups come first, so that what they
 * keep is still there then; a group of which nothing would be left is left out.
 */
export function planOf(decisions: Iterable<Decision>): Plan {
  const strictness = ({ kind }: Decision) => DUPLICATE_KINDS.indexOf(kind);
  const ordered = [...decisions].sort((a, b) => strictness(a) - strictness(b));
  const gone = new Set<string>();
  const plan: Plan = { groups: [], files: 0, bytes: 0, contradictions: 0 };
  for (const { kind, files } of ordered) {
    const present = files.filter((file) => !gone.has(pathKey(file)));
    const keep = present.filter(({ stays }) => stays).map(planned);
    const remove = present.filter(({ stays }) => !stays).map(planned);
    if (remove.length === 0) continue;
    if (keep.length === 0) {
      plan.contradictions += 1;
      continue;
    }
    remove.forEach((file) => gone.add(pathKey(file)));
    plan.groups.push({ kind, keep, remove });
    plan.files += remove.length;
    plan.bytes += remove.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  return plan;
}

const planned = ({ stays: _, ...file }: DecidedFile): PlannedFile => file;

/** The bytes of a path, as the file system has them. */
export const exactBytes = ({ path, path_bytes }: PlannedFile): Uint8Array =>
  path_bytes ? Uint8Array.from(atob(path_bytes), (c) => c.charCodeAt(0)) : new TextEncoder().encode(path);
