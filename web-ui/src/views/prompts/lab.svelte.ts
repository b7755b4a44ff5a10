// The experiment: labelled photos, wordings for their classes, and what was measured of them.
import * as api from '../../api';
import { debounce } from '../../timing';
import { Evaluator } from './evaluator.svelte';
import {
  captionOf,
  classNames,
  filled,
  firstOf,
  freshTemplate,
  isWritten,
  mistakeIn,
  namesOf,
  requestFor,
  TEMPLATES,
  wordingOf,
  type ClassName,
  type Wording,
} from './wordings';

/** After so long without a key, what was typed is meant. */
const TYPING_MS = 800;
/** How far back the experiment before a reload is looked for. */
const RECENT = 20;
/** Others may have measured since the history was read. */
const SLACK = 5;
/** Those that are compared at first. */
const FIRST_TEMPLATES = TEMPLATES.slice(0, 2);

class Lab {
  dataset = $state('');
  classes = $state.raw<ClassName[]>([]);
  wordings = $state.raw<Wording[]>([]);
  /** Whether to look for a better wording. */
  suggest = $state(false);
  /** Examples of each class to learn from; 0 for none. */
  shots = $state(0);
  evaluation = $state.raw<api.Evaluation>();
  history = $state.raw<api.Evaluation[]>([]);
  historyProblem = $state.raw<Error>();

  readonly evaluator = new Evaluator();
  /** The names under which the wordings were measured, by their keys. */
  #measured = $state.raw(new Map<number, string>());
  #nextKey = 1;
  readonly #later = debounce(() => void this.measure(), TYPING_MS);

  /** What was measured of a wording, as it was before it was changed last. */
  resultOf({ key }: Wording): api.Contender | undefined {
    const name = this.#measured.get(key);
    return this.evaluation?.contenders.find((contender) => contender.name === name);
  }

  /** Contenders that are nobody's wording: suggestions, and what learned from examples. */
  get others(): api.Contender[] {
    const own = new Set(this.#measured.values());
    return this.evaluation?.contenders.filter(({ name }) => !own.has(name)) ?? [];
  }

  /** Begins with the photos in `dataset`: where it was left last, or with what the photos' folders are called. */
  async open(dataset: string) {
    this.#later.cancel();
    this.evaluator.problem = undefined;
    this.dataset = dataset;
    this.classes = [];
    this.wordings = [];
    this.evaluation = undefined;
    await this.readHistory();
    const last = this.history.slice(0, RECENT).find((evaluation) => evaluation.dataset === dataset);
    if (dataset !== this.dataset || (last && (await this.recall(last)))) return;
    const explored = await this.evaluator.measure({ dataset });
    if (!explored || dataset !== this.dataset) return;
    this.#show(explored);
    const plain = this.wordings.filter(({ own }) => Object.keys(own).length === 0).map(({ template }) => template);
    const missing = FIRST_TEMPLATES.filter((template) => !plain.includes(template));
    this.wordings = [...this.wordings, ...missing.map((template) => this.#wording(template))];
    await this.measure();
  }

  close() {
    this.#later.cancel();
    void this.evaluator.stop();
    this.dataset = '';
    this.evaluation = undefined;
  }

  async readHistory() {
    try {
      this.history = (await api.evaluations({ limit: 100 })).evaluations;
      this.historyProblem = undefined;
    } catch (error) {
      this.historyProblem = error as Error;
    }
  }

  /** Shows an evaluation of the history, whole; gives whether it is still there. */
  async recall(old: api.Evaluation): Promise<boolean> {
    const limit = this.history.indexOf(old) + 1 + SLACK;
    try {
      const { evaluations } = await api.evaluations({ limit, confusion: true });
      const whole = evaluations.find(({ at, dataset, seconds }) => at === old.at && dataset === old.dataset && seconds === old.seconds);
      if (!whole) return false;
      this.dataset = whole.dataset;
      this.#show(whole);
      return true;
    } catch (error) {
      this.historyProblem = error as Error;
      return false;
    }
  }

  #show(evaluation: api.Evaluation) {
    this.#later.cancel();
    this.classes = classNames(evaluation);
    const first = firstOf(evaluation);
    const written = evaluation.contenders.filter((contender) => contender !== first && isWritten(contender));
    const contenders = first && isWritten(first) ? [first, ...written] : written;
    this.wordings = contenders.map((contender) => wordingOf(contender, this.classes, this.#nextKey++));
    this.#measured = new Map(this.wordings.map(({ key }, i) => [key, contenders[i]!.name]));
    this.evaluation = evaluation;
  }

  get canMeasure(): boolean {
    return this.wordings.length > 0 && this.wordings.every((wording) => !mistakeIn(wording, this.classes));
  }

  /** Measures all wordings, unless one of them cannot be. */
  async measure() {
    this.#later.cancel();
    if (!this.canMeasure) return;
    const { wordings, classes, dataset } = this;
    const more = { ...(this.suggest && { suggest: true }), ...(this.shots > 0 && { few_shot: this.shots }) };
    const evaluation = await this.evaluator.measure(requestFor(dataset, wordings, classes, more));
    if (!evaluation || dataset !== this.dataset) return;
    const names = namesOf(wordings, classes);
    this.#measured = new Map(wordings.map(({ key }, i) => [key, names[i]!]));
    this.evaluation = evaluation;
    this.history = [evaluation, ...this.history];
  }

  add() {
    this.#change([...this.wordings, this.#wording(freshTemplate(this.wordings))]);
  }

  /** Makes a wording of a contender, such as the suggestion, to be edited. */
  takeOver(contender: api.Contender) {
    this.#change([...this.wordings, wordingOf(contender, this.classes, this.#nextKey++)]);
  }

  remove({ key }: Wording) {
    this.#change(this.wordings.filter((wording) => wording.key !== key));
  }

  setTemplate({ key }: Wording, template: string) {
    this.#change(this.wordings.map((wording) => (wording.key === key ? { ...wording, template } : wording)));
  }

  /** A caption that is as the template has it is not one's own. */
  setCaption({ key }: Wording, name: ClassName, caption: string) {
    const changed = (wording: Wording) => {
      const { [name.folder]: _, ...own } = wording.own;
      return { ...wording, own: caption === filled(wording.template, name.spoken) ? own : { ...own, [name.folder]: caption } };
    };
    this.#change(this.wordings.map((wording) => (wording.key === key ? changed(wording) : wording)));
  }

  setSuggest(suggest: boolean) {
    this.suggest = suggest;
    void this.measure();
  }

  setShots(shots: number) {
    this.shots = shots;
    void this.measure();
  }

  /** The captions of a wording, to make tags of. */
  promptsOf(wording: Wording): string[][] {
    return this.classes.map((name) => [captionOf(wording, name).trim()]);
  }

  #change(wordings: Wording[]) {
    this.wordings = wordings;
    this.#later.call();
  }

  #wording(template: string): Wording {
    return { key: this.#nextKey++, template, own: {} };
  }
}

export const lab = new Lab();
