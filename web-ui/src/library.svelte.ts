// What is known of the library and its indexer, kept live over server-sent events.
import * as api from './api';
import { throttle } from './timing';

const RECONNECT_MS = 3000;
/** While photos pour in, looking every other second is lively enough. */
const CHANGE_MS = 2000;

class Library {
  status = $state.raw<api.Status>();
  progress = $state.raw<api.Progress>();
  /** How often the library has changed since the page is open. */
  changes = $state(0);
  /** False while no server answers. */
  isOnline = $state(true);
  /** Who is logged in; undefined until the server has said so. */
  session = $state.raw<api.Session>();
  /** True while the server asks for its token. */
  isLocked = $state(false);

  #events: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onChange: () => void = () => {};

  /** Whether somebody logged in, and so can log out. */
  get hasSession(): boolean {
    return !!this.session?.logged_in && (this.session.token || this.session.password);
  }

  /** Whether changes of folders, models and the like are for whoever sits here. */
  get isAdmin(): boolean {
    return this.session?.role === 'admin';
  }

  /** Connects, and calls `onChange` when the library has changed. Returns how to stop. */
  connect(onChange: () => void): () => void {
    this.#onChange = onChange;
    this.reconnect();
    return () => this.#disconnect();
  }

  reconnect() {
    this.#disconnect();
    void this.#readStatus();
    const changed = throttle(() => this.#changed(), CHANGE_MS);
    this.#events = new EventSource(api.eventsUrl);
    this.#events.addEventListener('progress', (event) => (this.progress = JSON.parse(event.data)));
    this.#events.addEventListener('changed', changed);
    this.#events.addEventListener('open', () => (this.isOnline = true));
    this.#events.addEventListener('error', () => this.#lost());
  }

  #disconnect() {
    clearTimeout(this.#timer);
    this.#events?.close();
  }

  #changed() {
    this.changes += 1;
    void this.#readStatus();
    this.#onChange();
  }

  #lock() {
    this.session = undefined;
    this.isLocked = true;
    this.isOnline = true;
    this.#disconnect();
  }

  #lost() {
    if (this.isLocked) return;
    this.isOnline = false;
    this.progress = undefined;
    this.#disconnect();
    this.#timer = setTimeout(() => this.reconnect(), RECONNECT_MS);
  }

  async #readStatus() {
    try {
      this.status = await api.status();
      if (this.isLocked) {
        this.isLocked = false;
        this.#onChange();
      }
      this.session ??= await api.session();
      this.progress = this.status.progress ?? this.progress;
    } catch (error) {
      if (error instanceof api.Unreachable) this.isOnline = false;
      if (error instanceof api.Refusal && error.isForStrangers) this.#lock();
    }
  }
}

export const library = new Library();
