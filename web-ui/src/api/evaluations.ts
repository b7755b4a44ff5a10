// Measuring how well wordings tell the classes of labelled photos apart, and the tags that are made of them.
import { get, send } from './http';

export interface Evaluation {
  dataset: string;
  /** The part that was measured; absent where all of it was. */
  split?: string;
  /** Seconds since 1970. */
  at: number;
  classes: string[];
  images: number;
  embedded: number;
  seconds: number;
  failed?: { path: string; reason: string }[];
  /** The best first. */
  contenders: Contender[];
}

export interface Contender {
  name: string;
  /** One wording of each class; absent for what learned from examples. */
  prompts?: string[];
  /** Part of the photos that it got right, 0..1. */
  top1: number;
  top1_interval: [number, number];
  top5: number;
  macro_f1: number;
  per_class: ClassMetrics[];
  /** Rows are labels, columns are predictions. */
  confusion: number[][];
  /** How it compares with the first that was named; absent for that one. */
  against_first?: Comparison;
}

export interface ClassMetrics {
  images: number;
  precision: number;
  recall: number;
  f1: number;
}

export interface Comparison {
  /** In `top1`; positive where this one is better. */
  difference: number;
  only_this: number;
  only_other: number;
  p_value: number;
}

export interface EvaluationRequest {
  dataset: string;
  captions?: { name: string; captions: string[] }[];
  suggest?: boolean;
  few_shot?: number;
}

export interface EvaluationJob {
  /** 0 while there was none. */
  job: number;
  running: boolean;
  done: number;
  all: number;
  evaluation?: Evaluation;
  error?: string;
}

/** The latest first; matrices only where they are asked for. */
export const evaluations = (question: { limit: number; confusion?: boolean }, signal?: AbortSignal) =>
  get<{ evaluations: Evaluation[] }>('evaluations', question, signal);

export const beginEvaluation = (request: EvaluationRequest) => send<{ job: number }>('POST', 'evaluations', request);

export const evaluationJob = () => get<EvaluationJob>('evaluations/job');

export const stopEvaluation = () => send<null>('DELETE', 'evaluations/job');

export interface ClassifiedPhoto {
  id: string;
  path: string;
  class: string | null;
  probability: number;
}

/** Which of the labels each of the photos shows. */
/** With `or_none`, photos that everyday concepts explain as well as the labels show none of them. */
export const classify = (request: { labels: string[]; ids: string[]; or_none?: boolean }, signal?: AbortSignal) =>
  send<{ results: ClassifiedPhoto[] }>('POST', 'classify', request, signal);

export interface Classifier {
  name: string;
  classes: string[];
  prompts?: string[][];
}

export interface TagRule {
  classifier: Classifier;
  /** The classes that become tags; absent for all. */
  only?: string[];
  min_probability: number;
}

/** Keeps a classifier that is made of words: for each label its prompts. */
export const keepClassifier = (name: string, labels: string[], prompts: string[][]) =>
  send<Classifier>('POST', 'classifiers', { name, labels, prompts });

export const tagRules = (signal?: AbortSignal) => get<{ rules: TagRule[] }>('tag-rules', {}, signal);

/** Gives photos their tags by the classifier of this name, now and from now on. */
export const keepTagRule = (name: string, rule: { only: string[]; min_probability: number }) =>
  send<{ photos: number }>('PUT', `tag-rules/${encodeURIComponent(name)}`, rule);

/** Takes the rule's tags away again. */
export const forgetTagRule = (name: string) => send<{ photos: number }>('DELETE', `tag-rules/${encodeURIComponent(name)}`);
