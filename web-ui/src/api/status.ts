// What the server tells of itself and its library.
import { BASE, get } from './http';

export interface Progress {
  phase: 'idle' | 'indexing' | 'watching' | 'paused';
  found: number;
  done: number;
  indexed: number;
  failed: number;
  rate: number;
  eta_seconds?: number;
  current?: string;
}

export interface Backend {
  backend: string;
  version: string;
  device: string;
  threads: number;
  warning?: string;
}

export interface Status {
  version: string;
  library: string;
  photos: number;
  files: number;
  failed: number;
  roots: string[];
  space: { space: string; dimension: number; vectors: number };
  search: { kind: 'exact'; rows: number } | { kind: 'graph'; rows: number; tail: number };
  backend?: Backend;
  progress?: Progress;
  /** Bytes of the library's parts, and what is free where it lies. */
  disk?: Disk;
  /** Seconds since 1970. */
  started_at?: number;
}

export interface Disk {
  database: number;
  vectors: number;
  thumbnails: number;
  /** Undefined where the system does not tell. */
  free?: number;
}

export interface Failure {
  path: string;
  reason: string;
}

export const eventsUrl = `${BASE}/events`;

export const status = () => get<Status>('status');

export const failures = () => get<{ failures: Failure[] }>('failures');
