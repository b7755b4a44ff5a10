// The indexer beside the server: which folders it follows, when it works, and what is tried again.
import { get, send } from './http';

/** Which files of the folders are wanted; patterns are those of `.gitignore`. */
export interface WatchRules {
  include: string[];
  exclude: string[];
  /** Smaller files are left out, bytes. */
  min_size: number;
}

export interface Watched {
  roots: string[];
  rules: WatchRules;
}

export interface IndexerState {
  /** Whether it may work now. */
  is_open: boolean;
  /** Why it may not, in a sentence. */
  reason?: string;
  watched: Watched;
  /** When it reindexes by itself, as a cron expression. */
  schedule?: string;
  next_run?: string;
  /** The hours of the day in which it works. */
  hours?: string;
}

export interface FolderListing {
  /** Undefined where only the places to begin with are listed. */
  path?: string;
  parent?: string;
  folders: { name: string; path: string }[];
}

/** What maintenance did. */
export interface Maintenance {
  forgotten: number;
  waiting: number;
  compacted: number;
  seconds: number;
}

export const indexer = () => get<IndexerState>('indexer');

export const watch = (watched: Watched) => send<IndexerState>('PUT', 'indexer/watched', watched);

/** Until it is resumed, where no minutes are given. */
export const pause = (minutes?: number) => send<IndexerState>('POST', 'indexer/pause', { minutes });

export const resume = () => send<IndexerState>('POST', 'indexer/resume');

export const schedule = (cron: string | null) => send<IndexerState>('PUT', 'indexer/schedule', { cron });

export const retryFailures = () => send<{ files: number }>('POST', 'indexer/retry');

export const folders = (path?: string) => get<FolderListing>('indexer/folders', { path });

/** Forgets photos that were gone for long, gives their room back, and brings the search structures up to date. */
export const maintain = () => send<Maintenance>('POST', 'maintenance');
