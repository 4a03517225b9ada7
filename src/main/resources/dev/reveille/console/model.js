// What is known of the sessions. Knows nothing of the page.

import { isComing, plain } from './words.js';

/** Of one session's past so much is kept. */
const MOST_ENTRIES = 200;

/** A change of `message`, as far as it is one; null for what makes no sense. */
function record(message) {
  const id = message.session_id;
  const at = Date.parse(message.at ?? message.changed_at);
  if (typeof id !== 'string' || typeof message.state !== 'string') {
    return null;
  }
  return {
    id,
    tenant: text(message.tenant),
    runtimeId: text(message.runtime_id),
    state: message.state,
    previous: text(message.previous),
    revision: Number(message.revision) || 0,
    cause: text(message.cause),
    detail: text(message.detail),
    at: Number.isFinite(at) ? at : Date.now(),
    tookMillis: Number(message.took_ms) || 0,
    node: text(message.node),
    skipped: message.coalesced ? Number(message.skipped) || 0 : 0,
    progress: null,
  };
}

function text(value) {
  return typeof value === 'string' ? plain(value) : '';
}

export class Model {
  #sessions = new Map();
  #told = null;
  #listed = false;
  #changed;
  #news;

  /**
   * @param changed called whenever anything is another, often
   * @param news called with each change that is new to somebody who looks, and what was known before, null if nothing
   */
  constructor(changed, news) {
    this.#changed = changed;
    this.#news = news;
  }

  get size() {
    return this.#sessions.size;
  }

  session(id) {
    return this.#sessions.get(id) ?? null;
  }

  all() {
    return [...this.#sessions.values()];
  }

  counts() {
    const counts = {};
    for (const session of this.#sessions.values()) {
      counts[session.state] = (counts[session.state] ?? 0) + 1;
    }
    return counts;
  }

  clear() {
    this.#sessions.clear();
    this.#listed = false;
    this.#told = null;
    this.#changed();
  }

  /** All states are about to be told anew. */
  begins() {
    this.#told = new Set();
  }

  /** Takes a message of the stream of all sessions. */
  heard(message) {
    if (message.type === 'reset') {
      this.begins();
    } else if (message.type === 'state') {
      this.#stateOf(message);
    } else if (message.type === 'live') {
      this.#dropUntold();
    } else if (message.type === 'change') {
      this.#change(message);
    } else if (message.type === 'progress') {
      this.#progress(message);
    } else if (message.type === 'forgotten') {
      this.#forget(message.session_id);
    }
    this.#changed();
  }

  /** Takes a whole list, where there is no stream. */
  listed(documents) {
    this.#told = new Set();
    const known = this.#listed;
    this.#listed = true;
    for (const document of documents) {
      const before = this.session(document.session_id);
      this.#told.add(document.session_id);
      const now = record(document);
      if (now && (!before || before.revision !== now.revision || before.at !== now.at)) {
        now.previous = before?.state ?? '';
        now.tookMillis = before ? Math.max(0, now.at - before.at) : 0;
        this.#put(now, known ? before : undefined);
      }
    }
    this.#dropUntold();
    this.#changed();
  }

  #stateOf(message) {
    const now = record(message);
    if (now) {
      this.#told ??= new Set();
      this.#told.add(now.id);
      const before = this.session(now.id);
      this.#put(now, before && (before.revision !== now.revision || before.state !== now.state) ? before : undefined);
    }
  }

  #change(message) {
    const now = record(message);
    if (now) {
      this.#put(now, this.session(now.id));
    }
  }

  /** @param before what was known; undefined: it is no news */
  #put(now, before) {
    this.#sessions.set(now.id, now);
    if (before !== undefined) {
      this.#news(now, before);
    }
  }

  #progress(message) {
    const session = this.session(message.session_id);
    if (session && isComing(session.state)) {
      session.progress = progress(message);
    }
  }

  /** After all states were told: what was not among them is no more. */
  #dropUntold() {
    if (this.#told) {
      for (const id of this.#sessions.keys()) {
        if (!this.#told.has(id)) {
          this.#forget(id);
        }
      }
    }
    this.#told = null;
  }

  #forget(id) {
    const last = this.session(id);
    if (last) {
      this.#sessions.delete(id);
      this.#news({ ...last, state: 'forgotten' }, last);
    }
  }
}

export function progress(message) {
  return {
    heardAt: Date.now(),
    state: text(message.state),
    elapsed: (Number(message.elapsed_seconds) || 0) * 1000,
    expected: (Number(message.expected_seconds) || 0) * 1000,
    podStatus: text(message.pod_status),
    restarts: Number(message.restart_count) || 0,
    reasons: Array.isArray(message.restart_reasons) ? message.restart_reasons.map(plain) : [],
    buildStatus: text(message.build_status),
  };
}

/** The past of one session, the oldest first. */
export class Past {
  entries = [];
  incomplete = '';
  progress = null;

  heard(message) {
    if (message.type === 'progress') {
      this.progress = progress(message);
    } else if (message.type === 'reset') {
      this.incomplete = text(message.reason) || 'earlier changes are not known any more';
      this.add(record(message));
    } else if (message.type === 'state' || message.type === 'change') {
      this.add(record(message));
    }
  }

  /** Both streams tell of a change, in either order. A session that was forgotten and opened again counts from 1 again. */
  add(entry) {
    if (!entry || this.entries.some((known) => known.revision === entry.revision && known.at === entry.at)) {
      return;
    }
    this.entries.push(entry);
    this.entries.sort((one, other) => one.at - other.at || one.revision - other.revision);
    if (this.entries.at(-1) === entry) {
      this.progress = null;
    }
    if (this.entries.length > MOST_ENTRIES) {
      this.entries.shift();
      this.incomplete ||= 'earlier changes are left out here';
    }
  }
}
