// The decisions of this browser about a library's duplicates: a reload loses nothing.
import * as api from '../../api';
import { decisionKey, groupKey, type Decision } from './decisions';

/** Groups that are asked for at a time when all are looked through. */
const PAGE = 1_000;

export class Review {
  decisions = $state.raw<ReadonlyMap<string, Decision>>(new Map());
  /** Whether this browser has no room to remember them. */
  isForgetful = $state(false);

  readonly #place: string;

  /** `library` is where the library lies: each has decisions of its own. */
  constructor(library: string) {
    this.#place = `duplicates ${library}`;
    this.#read();
  }

  /** Takes over what another tab of this browser decided. */
  follow({ key }: StorageEvent) {
    if (key === this.#place) this.#read();
  }

  of(group: api.DuplicateGroup): Decision | undefined {
    return this.decisions.get(groupKey(group));
  }

  decide(...made: (readonly [group: api.DuplicateGroup, decision: Decision])[]) {
    this.#keep(new Map([...this.decisions, ...made.map(([group, decision]) => [groupKey(group), decision] as const)]));
  }

  takeBack(group: api.DuplicateGroup) {
    const key = groupKey(group);
    this.#keep(new Map([...this.decisions].filter(([other]) => other !== key)));
  }

  forgetAll() {
    this.#keep(new Map());
  }

  /** Forgets decisions about groups that are no more, or are others now, and gives how many. */
  async forgetStale(signal: AbortSignal): Promise<number> {
    const kinds = new Set([...this.decisions.values()].map(({ kind }) => kind));
    const present = new Set<string>();
    for (const kind of kinds) {
      for await (const group of allGroups(kind, signal)) present.add(groupKey(group));
    }
    const before = this.decisions.size;
    const fresh = [...this.decisions].filter(([key]) => present.has(key));
    if (fresh.length < before) this.#keep(new Map(fresh));
    return before - fresh.length;
  }

  #read() {
    this.decisions = new Map(read(this.#place).map((decision) => [decisionKey(decision.kind, decision.files), decision]));
  }

  #keep(decisions: ReadonlyMap<string, Decision>) {
    this.decisions = decisions;
    try {
      localStorage.setItem(this.#place, JSON.stringify([...decisions.values()]));
      this.isForgetful = false;
    } catch {
      this.isForgetful = true;
    }
  }
}

function read(place: string): Decision[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isDecision) : [];
  } catch {
    return [];
  }
}

const isDecision = (kept: Partial<Decision> | null): kept is Decision => !!kept?.kind && Array.isArray(kept.files);

async function* allGroups(kind: api.DuplicateKind, signal: AbortSignal) {
  for (let offset = 0, total = 1; offset < total; offset += PAGE) {
    const page = await api.duplicates(kind, offset, PAGE, signal);
    total = page.total;
    yield* page.groups;
  }
}
