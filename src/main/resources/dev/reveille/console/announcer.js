// Tells those who listen what changes, and does not chatter: at once what they did themselves or look at, the rest
// summed up now and then.

import { byId } from './dom.js';
import { plural } from './words.js';

const SUMMARY_MILLIS = 15_000;

export class Announcer {
  #place = byId('announcements');
  #changed = new Map();
  #timer = null;

  /** Of a session that is looked at, or of a command. */
  say(text) {
    // The same words twice are read twice only if they were gone in between.
    this.#place.textContent = '';
    requestAnimationFrame(() => {
      this.#place.textContent = text;
    });
  }

  /** Of any other session. */
  changed(session) {
    this.#changed.set(session.id, session.state);
    this.#timer ??= setTimeout(() => this.#sumUp(), SUMMARY_MILLIS);
  }

  clear() {
    this.#changed.clear();
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #sumUp() {
    const counts = new Map();
    for (const state of this.#changed.values()) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const parts = [...counts].map(([state, count]) => count.toLocaleString() + ' ' + state);
    this.say(plural(this.#changed.size, 'session has', 'sessions have') + ' changed: ' + parts.join(', '));
    this.clear();
  }
}
