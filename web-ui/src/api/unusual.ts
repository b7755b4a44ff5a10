// The order of a library by how unusual each photo is.
import { get } from './http';
import type { Neighbour, Photo, Results } from './photos';

export interface UnusualHit extends Photo {
  /** 1 - mean similarity to the neighbours, 0..2. */
  score: number;
  neighbours: Neighbour[];
  /** Near-identical shots that this one stands for. */
  folded: number;
}

export type UnusualKind = 'unique' | 'atypical';

export interface UnusualQuestion {
  kind?: UnusualKind;
  hide_junk?: boolean;
  /** As filters are written in queries. */
  filter?: string;
}

export const unusual = (question: UnusualQuestion, offset: number, limit: number, signal?: AbortSignal) =>
  get<Results<UnusualHit>>('unusual', { ...question, limit, offset }, signal);
