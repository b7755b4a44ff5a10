// Groups of photos of which one is enough.
import { get } from './http';
import type { Photo } from './photos';

/** The strictest first. */
export const DUPLICATE_KINDS = ['exact', 'near', 'burst', 'similar'] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

/** What speaks for the file to keep. */
export type KeepReason = 'resolution' | 'camera_data' | 'format' | 'size' | 'date' | 'name' | 'path';

export interface DuplicateFile extends Photo {
  /** The exact path in base64, only where `path` is not exact because the name is not UTF-8. */
  path_bytes?: string;
  bytes: number;
  /** Cosine similarity to the file to keep, -1..1. */
  similarity: number;
}

export interface DuplicateGroup {
  kind: DuplicateKind;
  keep: DuplicateFile;
  reason: KeepReason;
  /** The others, best first. */
  others: DuplicateFile[];
  freed_bytes: number;
}

export interface DuplicateResults {
  groups: DuplicateGroup[];
  /** Groups on all pages. */
  total: number;
  freed_bytes: number;
}

/** Without a kind all but similar ones, which take long to find. */
export const duplicates = (kind: DuplicateKind | undefined, offset: number, limit: number, signal?: AbortSignal) =>
  get<DuplicateResults>('duplicates', { kind, limit, offset }, signal);
