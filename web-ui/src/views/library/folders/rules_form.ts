// The rules of the folders as a form shows them: patterns in lines, sizes in kB.
import type { WatchRules } from '../../../api';

export interface RulesText {
  include: string;
  exclude: string;
  kilobytes: number;
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

export const textOf = ({ include, exclude, min_size }: WatchRules): RulesText => ({
  include: include.join('\n'),
  exclude: exclude.join('\n'),
  kilobytes: min_size / 1000,
});

export const rulesOf = ({ include, exclude, kilobytes }: RulesText): WatchRules => ({
  include: lines(include),
  exclude: lines(exclude),
  // An emptied number field holds none.
  min_size: Math.max(Math.round((kilobytes || 0) * 1000), 0),
});
