// Runs evaluations on the server: one at a time, the newest one, stopping its own earlier ones.
import * as api from '../../api';

const LOOK_MS = 300;
/** How often somebody else's evaluation is waited for. */
const WAIT_MS = 1_500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class Evaluator {
  /** `waiting`: one that was begun elsewhere runs, and ends first. */
  phase = $state<'idle' | 'running' | 'waiting'>('idle');
  /** Photos that are embedded, of how many. */
  progress = $state.raw({ done: 0, all: 0 });
  problem = $state.raw<Error>();

  /** Which call is the newest: older ones give up. */
  #turn = 0;
  #job: number | undefined;

  /** Measures, unless it is asked for something else meanwhile: then it gives nothing. */
  async measure(request: api.EvaluationRequest): Promise<api.Evaluation | undefined> {
    const turn = ++this.#turn;
    this.phase = 'running';
    this.progress = { done: 0, all: 0 };
    this.problem = undefined;
    try {
      await this.#stopOwn();
      const job = await this.#begin(request, turn);
      return job === undefined ? undefined : await this.#result(job, turn);
    } catch (error) {
      if (turn === this.#turn) this.problem = error as Error;
      return undefined;
    } finally {
      if (turn === this.#turn) this.phase = 'idle';
    }
  }

  async stop() {
    this.#turn += 1;
    this.phase = 'idle';
    await this.#stopOwn().catch((error: Error) => (this.problem = error));
  }

  /** Ends the one that somebody else began; the one that waits for it follows. */
  async stopOther() {
    await api.stopEvaluation().catch((error: Error) => (this.problem = error));
  }

  async #begin(request: api.EvaluationRequest, turn: number): Promise<number | undefined> {
    while (turn === this.#turn) {
      try {
        const { job } = await api.beginEvaluation(request);
        this.#job = job;
        if (turn === this.#turn) {
          this.phase = 'running';
          return job;
        }
        await this.#stopOwn();
      } catch (error) {
        if (!(error instanceof api.Refusal && error.status === 409)) throw error;
        if (turn === this.#turn) await this.#wait();
      }
    }
    return undefined;
  }

  async #wait() {
    this.phase = 'waiting';
    const { done, all } = await api.evaluationJob();
    this.progress = { done, all };
    await pause(WAIT_MS);
  }

  async #result(job: number, turn: number): Promise<api.Evaluation | undefined> {
    while (turn === this.#turn) {
      const state = await api.evaluationJob();
      if (turn !== this.#turn) return undefined;
      if (state.job !== job) throw new Error('Another evaluation took its place');
      this.progress = { done: state.done, all: state.all };
      if (!state.running) {
        this.#job = undefined;
        if (state.error) throw new Error(state.error);
        return state.evaluation;
      }
      await pause(LOOK_MS);
    }
    return undefined;
  }

  async #stopOwn() {
    const own = this.#job;
    if (own === undefined) return;
    this.#job = undefined;
    const { job, running } = await api.evaluationJob();
    if (running && job === own) await api.stopEvaluation();
  }
}
