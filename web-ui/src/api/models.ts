// The models that can embed the library's photos, and what is being done about them.
import { get, send } from './http';

export interface Model {
  name: string;
  is_here: boolean;
  in_use: boolean;
  repository?: string;
  licence?: string;
  dimension?: number;
  languages?: string[];
  /** What to choose it for. */
  note?: string;
  /** Of its files. */
  bytes?: number;
  memory_bytes?: number;
  /** Photos that have an embedding of it. */
  vectors: number;
}

/** A pull or a switch: it runs, or is how the last one ended. */
export interface ModelJob {
  model: string;
  running: boolean;
  done: number;
  all: number;
  unit: 'bytes' | 'photos';
  error?: string;
}

export interface Models {
  models: Model[];
  photos: number;
  pull?: ModelJob;
  switch?: ModelJob;
}

const address = (name: string) => `models/${encodeURIComponent(name)}`;

export const models = () => get<Models>('models');
export const pullModel = (name: string) => send<unknown>('POST', `${address(name)}/pull`);
export const useModel = (name: string) => send<unknown>('POST', `${address(name)}/use`);
export const removeModel = (name: string) => send<unknown>('DELETE', address(name));
export const stopModelJob = () => send<unknown>('DELETE', 'models/job');
