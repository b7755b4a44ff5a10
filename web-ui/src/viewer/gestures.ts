// What fingers, a pen or a mouse do on a picture: drag, pinch, stroke, tap twice.
import { distance, pinch, type Point } from '../geometry';

export interface Contact extends Point {
  pointerId: number;
  /** Milliseconds. */
  timeStamp: number;
}

export interface Meaning {
  drag: (by: Point) => void;
  /** Two fingers drew apart by `factor` round `at`. */
  pinch: (factor: number, at: Point) => void;
  /** One finger was drawn sideways and lifted: to the next or the previous picture. */
  stroke: (step: 1 | -1) => void;
  doubleTap: (at: Point) => void;
}

/** A sideways stroke has at least this many pixels. */
const STROKE = 60;
/** A finger that moves by less is held still. */
const STILL = 10;
const DOUBLE_TAP_MS = 350;

export class Gestures {
  #contacts = new Map<number, Contact>();
  /** Where the only finger so far came down; nothing once a second one has. */
  #start: Contact | undefined;
  #lastTap: Contact | undefined;

  constructor(private readonly meaning: Meaning) {}

  down(contact: Contact) {
    this.#start = this.#contacts.size === 0 ? contact : undefined;
    this.#contacts.set(contact.pointerId, contact);
  }

  move(contact: Contact) {
    const before = this.#contacts.get(contact.pointerId);
    if (!before) return;
    this.#contacts.set(contact.pointerId, contact);
    const other = [...this.#contacts.values()].find(({ pointerId }) => pointerId !== contact.pointerId);
    if (other) this.#pinch(before, contact, other);
    else this.meaning.drag({ x: contact.x - before.x, y: contact.y - before.y });
  }

  up(contact: Contact) {
    const start = this.#start;
    const wasDown = this.#contacts.delete(contact.pointerId);
    if (!wasDown || !start) return;
    const [dx, dy] = [contact.x - start.x, contact.y - start.y];
    if (Math.hypot(dx, dy) < STILL) this.#tap(contact);
    else if (Math.abs(dx) > STROKE && Math.abs(dx) > 2 * Math.abs(dy)) this.meaning.stroke(dx < 0 ? 1 : -1);
  }

  /** The browser took the gesture over, to scroll. */
  cancel({ pointerId }: { pointerId: number }) {
    this.#contacts.delete(pointerId);
    this.#start = undefined;
  }

  #pinch(before: Contact, now: Contact, other: Contact) {
    const { by, factor, at } = pinch([before, other], [now, other]);
    this.meaning.drag(by);
    this.meaning.pinch(factor, at);
  }

  #tap(contact: Contact) {
    const last = this.#lastTap;
    const isSoon = last && contact.timeStamp - last.timeStamp < DOUBLE_TAP_MS;
    const isSecond = isSoon && distance(contact, last) < 3 * STILL;
    this.#lastTap = isSecond ? undefined : contact;
    if (isSecond) this.meaning.doubleTap({ x: contact.x, y: contact.y });
  }
}
