// What the server is asked for, and what it is asked to do: under way, done, or why not.
import { Refusal } from '../../api';
import { words } from './messages';

const sentence = (text: string) => (/[.!?。]$/.test(text) ? text : `${text}.`);

/** Whether the server knows no such question, as an older one does not. */
export const isNotOffered = (error: Error | undefined) =>
  error instanceof Refusal && error.status === 404 && error.message.startsWith('no such address');

/** Why something did not work, for the reader. */
export const reasonOf = (error: Error) => (isNotOffered(error) ? words().notOffered : sentence(error.message));

/** Something that the server knows. What was known stays while it is asked for again. */
export class Answer<T> {
  value = $state.raw<T>();
  problem = $state.raw<Error>();
  readonly #ask: () => Promise<T>;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  async load() {
    try {
      this.value = await this.#ask();
      this.problem = undefined;
    } catch (error) {
      this.problem = error as Error;
    }
  }
}

/** Something that the reader wants done. */
export class Attempt {
  isRunning = $state(false);
  problem = $state('');

  /** Tells whether it worked. */
  async run(action: () => Promise<unknown>): Promise<boolean> {
    this.isRunning = true;
    this.problem = '';
    try {
      await action();
      return true;
    } catch (error) {
      this.problem = reasonOf(error as Error);
      return false;
    } finally {
      this.isRunning = false;
    }
  }
}
