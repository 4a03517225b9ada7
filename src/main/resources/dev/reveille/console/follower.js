// Follows one event stream for as long as somebody looks: through cuts, restarts and sleep, from where it was.

import { Problem } from './api.js';
import { events } from './sse.js';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** The gateway says something every 15 s. */
const SILENCE = 40_000;

/** A browser has six connections for one server, and nobody sees what a hidden page shows. */
const HIDDEN_FOR = 30_000;

/** Asking again would be answered in the same way. */
const FINAL = new Set([400, 401, 403, 404, 405, 406, 501]);

export class Follower {
  #open;
  #heard;
  #status;
  #gone;
  #since;
  #failures = 0;
  #hint = 0;
  #lostAt = null;
  #stopped = new AbortController();
  #wake = () => {};

  /**
   * @param open makes the request, from `(since, signal)`; `since` is empty for a fresh stream
   * @param heard is given each message
   * @param status is told how it stands: `{ kind: 'connecting' | 'live' | 'lost', lostAt, retryAt, reason }`
   * @param gone is told once, with the problem, that there is no such stream, and none will come
   */
  constructor({ open, since = '', heard, status = () => {}, gone }) {
    this.#open = open;
    this.#since = since;
    this.#heard = heard;
    this.#status = status;
    this.#gone = gone;
  }

  start() {
    this.#run();
    return this;
  }

  stop() {
    this.#stopped.abort();
    this.#wake();
  }

  /** Ends the pause before the next attempt, if there is one. */
  retryNow() {
    this.#wake();
  }

  async #run() {
    while (!this.#stopped.signal.aborted) {
      await this.#whenVisible();
      if (this.#stopped.signal.aborted) {
        return;
      }
      const problem = await this.#once();
      if (this.#stopped.signal.aborted) {
        return;
      }
      if (problem && FINAL.has(problem.status)) {
        this.#gone(problem);
        return;
      }
      await this.#pause(problem);
    }
  }

  /** One connection, to its end. @return why it could not be made; null if it was there or was cut */
  async #once() {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    this.#stopped.signal.addEventListener('abort', stop);
    const watch = new Watch(stop);
    try {
      this.#tell('connecting');
      const response = await this.#open(this.#since, attempt.signal);
      if (!response.ok) {
        const problem = await Problem.of(response);
        if (problem.status === 400 && this.#since && this.#since !== '0') {
          // Nobody knows any more what we had seen: from the begin, then.
          this.#since = '';
          return null;
        }
        return problem;
      }
      if (!String(response.headers.get('Content-Type')).startsWith('text/event-stream')) {
        return new Problem({ status: 406, code: 'no_such_resource', detail: 'there is no event stream' });
      }
      await this.#read(response, watch);
      return null;
    } catch {
      return watch.fired || this.#stopped.signal.aborted ? null : Problem.unreachable(false);
    } finally {
      watch.end();
      attempt.abort();
      this.#stopped.signal.removeEventListener('abort', stop);
    }
  }

  async #read(response, watch) {
    this.#lostAt = null;
    this.#tell('live');
    for await (const event of events(response.body, (millis) => (this.#hint = Math.min(millis, LONGEST_PAUSE)))) {
      if (this.#stopped.signal.aborted) {
        return;
      }
      watch.alive();
      this.#failures = 0;
      if (event !== null) {
        this.#take(event);
      }
    }
  }

  #take(event) {
    let message;
    try {
      message = JSON.parse(event.data);
    } catch {
      return;
    }
    if (message === null || typeof message !== 'object') {
      return;
    }
    this.#heard(message);
    // What was heard is not asked for again. Progress has no id and is not replayed.
    this.#since = String(message.id ?? event.id ?? '') || this.#since;
  }

  #tell(kind, more = {}) {
    this.#status({ kind: kind === 'connecting' && this.#lostAt ? 'lost' : kind, lostAt: this.#lostAt, ...more });
  }

  async #pause(problem) {
    if (document.hidden) {
      return;
    }
    this.#lostAt ??= Date.now();
    const backoff = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    const asked = Math.max(problem?.retryAfter ?? 0, this.#hint);
    // Who was cut off together need not come back at one moment.
    const millis = Math.max(asked, backoff) * (0.75 + 0.5 * Math.random());
    this.#hint = 0;
    this.#tell('lost', { retryAt: Date.now() + millis, reason: problem?.detail ?? '' });
    await new Promise((resume) => {
      this.#wake = resume;
      setTimeout(resume, millis);
    });
  }

  #whenVisible() {
    if (!document.hidden) {
      return Promise.resolve();
    }
    return new Promise((resume) => {
      this.#wake = resume;
      const look = () => {
        if (!document.hidden) {
          document.removeEventListener('visibilitychange', look);
          resume();
        }
      };
      document.addEventListener('visibilitychange', look);
    });
  }
}

/** Cuts a connection on which nothing comes any more, or whose page nobody sees. */
class Watch {
  #cut;
  #silence;
  #hidden = null;
  fired = false;

  constructor(cut) {
    this.#cut = () => {
      this.fired = true;
      cut();
    };
    this.alive();
    document.addEventListener('visibilitychange', this.#look);
  }

  alive() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#cut, SILENCE);
  }

  #look = () => {
    clearTimeout(this.#hidden);
    if (document.hidden) {
      this.#hidden = setTimeout(this.#cut, HIDDEN_FOR);
    }
  };

  end() {
    clearTimeout(this.#silence);
    clearTimeout(this.#hidden);
    document.removeEventListener('visibilitychange', this.#look);
  }
}
