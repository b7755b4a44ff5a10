// Wordings: a sentence with a place for the class, and the captions that were written by hand instead.
import type { Contender, Evaluation, EvaluationRequest } from '../../api';

/** Where the class stands in a template. */
export const PLACE = '{}';

export interface Wording {
  /** Tells wordings of one page apart. */
  key: number;
  template: string;
  /** The captions of some classes, by class, in place of the template's. */
  own: Record<string, string>;
}

/** What is worth a try, the simplest first. */
export const TEMPLATES = [
  '{}',
  'a photo of a {}',
  'a photo of the {}',
  'a picture of a {}',
  'a close-up photo of a {}',
  'a photo of many {}',
  'there is a {} in the scene',
];

/** A sentence that none of the wordings has yet, as long as there is one. */
export const freshTemplate = (wordings: Wording[]) =>
  TEMPLATES.find((template) => wordings.every((wording) => wording.template !== template)) ?? PLACE;

/** A class as its folder is called, and as people would say it. */
export interface ClassName {
  folder: string;
  spoken: string;
}

export const filled = (template: string, spoken: string) => template.replaceAll(PLACE, spoken);

export const captionOf = ({ template, own }: Wording, { folder, spoken }: ClassName) =>
  own[folder] ?? filled(template, spoken);

export const captionsOf = (wording: Wording, classes: ClassName[]) =>
  classes.map((name) => captionOf(wording, name).trim());

/** What keeps a wording from being measured. */
export type Mistake = { kind: 'empty'; folder: string } | { kind: 'same'; first: string; second: string; caption: string };

export function mistakeIn(wording: Wording, classes: ClassName[]): Mistake | undefined {
  const seen = new Map<string, string>();
  for (const name of classes) {
    const caption = captionOf(wording, name).trim();
    if (!caption) return { kind: 'empty', folder: name.folder };
    const plain = caption.toLowerCase().split(/\s+/).join(' ');
    const first = seen.get(plain);
    if (first !== undefined) return { kind: 'same', first, second: name.folder, caption };
    seen.set(plain, name.folder);
  }
  return undefined;
}

/** How a name says that captions were written by hand, and that another wording has this name. */
const NAME_ENDING = /( \(\d+ changed\))?( #\d+)?$/;

/** A name for each wording, all different: results are told apart by them. */
export function namesOf(wordings: Wording[], classes: ClassName[]): string[] {
  const names: string[] = [];
  for (const wording of wordings) {
    const changed = classes.filter(({ folder }) => wording.own[folder] !== undefined).length;
    const name = changed > 0 ? `${wording.template.trim()} (${changed} changed)` : wording.template.trim();
    let unique = name;
    for (let number = 2; names.includes(unique); number += 1) unique = `${name} #${number}`;
    names.push(unique);
  }
  return names;
}

/** The request that measures wordings, the first of which the others are compared with. */
export function requestFor(
  dataset: string,
  wordings: Wording[],
  classes: ClassName[],
  more: Pick<EvaluationRequest, 'suggest' | 'few_shot'> = {},
): EvaluationRequest {
  const names = namesOf(wordings, classes);
  const captions = wordings.map((wording, i) => ({ name: names[i]!, captions: captionsOf(wording, classes) }));
  return { dataset, captions, ...more };
}

/** The classes of an evaluation as people would say them, as far as one of its templates tells. */
export function classNames({ classes, contenders }: Evaluation): ClassName[] {
  for (const { name, prompts } of contenders) {
    const [before, after, ...others] = name.split(PLACE);
    if (!prompts || before === undefined || after === undefined || others.length > 0) continue;
    if (!prompts.every((prompt) => prompt.startsWith(before) && prompt.endsWith(after))) continue;
    return classes.map((folder, i) => ({ folder, spoken: prompts[i]!.slice(before.length, prompts[i]!.length - after.length) }));
  }
  return classes.map((folder) => ({ folder, spoken: folder }));
}

/** Whether it came of a wording that somebody wrote: not of the search for a better one, nor of many that were averaged. */
export const isWritten = ({ name, prompts }: Contender) =>
  !!prompts && !name.startsWith('suggested: ') && !/^\d+ templates averaged$/.test(name);

/** The wording of a contender, as it can be edited. */
export function wordingOf({ name, prompts = [] }: Contender, classes: ClassName[], key: number): Wording {
  const base = name.replace(/^suggested: /, '').replace(NAME_ENDING, '');
  const template = base.split(PLACE).length > 1 ? base : PLACE;
  const own: Record<string, string> = {};
  classes.forEach(({ folder, spoken }, i) => {
    const prompt = prompts[i];
    if (prompt !== undefined && prompt !== filled(template, spoken)) own[folder] = prompt;
  });
  return { key, template, own };
}

/** The contender that the others were compared with. */
export const firstOf = ({ contenders }: Evaluation) => contenders.find(({ against_first }) => !against_first);
