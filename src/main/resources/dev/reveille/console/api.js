// The sessions API as the console uses it.

/** Relative to the page, so that the console works below a prefix too. */
const BASE = new URL('../api/v1/', document.baseURI);

const PATIENCE_MILLIS = 20_000;

/** A command is waited for: what is longer under way is told by the stream. */
const WAIT_SECONDS = 60;

/** An answer that is none, or a refusal: `status` is 0 if the gateway did not answer. */
export class Problem extends Error {
  constructor({ status = 0, code = '', detail = '', retryable = false, retryAfter = 0 }) {
    super(detail);
    Object.assign(this, { status, code, detail, retryable, retryAfter });
  }

  static unreachable(command) {
    return new Problem({
      code: 'unreachable',
      detail: 'the gateway did not answer' + (command ? '; what you asked for may have been done all the same' : ''),
      retryable: true,
    });
  }

  static async of(response) {
    let told = {};
    try {
      told = (await response.json()) ?? {};
    } catch {
      // Somebody on the way answered in its place.
    }
    const seconds = Number(response.headers.get('Retry-After')) || 0;
    return new Problem({
      status: response.status,
      code: String(told.code ?? ''),
      detail: String(told.detail ?? 'the answer was ' + response.status),
      retryable: told.retryable === true,
      retryAfter: Number(told.retry_after_ms) || seconds * 1000,
    });
  }
}

export class Api {
  #account;

  constructor(account) {
    this.#account = account;
  }

  overview() {
    return this.#ask('GET', 'overview');
  }

  session(id) {
    return this.#ask('GET', path(id));
  }

  /** All sessions, page by page. */
  async sessions() {
    const all = [];
    let cursor = '';
    do {
      const page = await this.#ask('GET', 'sessions?limit=1000' + (cursor && '&cursor=' + encodeURIComponent(cursor)));
      all.push(...page.sessions);
      cursor = page.next_cursor ?? '';
    } while (cursor);
    return all;
  }

  /** Begins to open a session, and does not wait for it. */
  open(id, spec) {
    return this.#ask('PUT', path(id), { wait: 0, body: spec });
  }

  pause(id) {
    return this.#ask('POST', path(id) + '/pause', { wait: WAIT_SECONDS });
  }

  resume(id) {
    return this.#ask('POST', path(id) + '/resume', { wait: WAIT_SECONDS });
  }

  close(id, policy) {
    return this.#ask('DELETE', path(id) + (policy ? '?policy=' + encodeURIComponent(policy) : ''), { wait: WAIT_SECONDS });
  }

  /** Opens an event stream. Its end, and what is wrong with it, is for the caller to see. */
  stream(target, signal) {
    return fetch(new URL(target, BASE), {
      headers: { ...this.#account.headers(), Accept: 'text/event-stream' },
      cache: 'no-store',
      credentials: 'omit',
      signal,
    });
  }

  static eventsOf(id, since) {
    return path(id) + '/events?since=' + encodeURIComponent(since);
  }

  static allEvents(since) {
    return 'events' + (since ? '?since=' + encodeURIComponent(since) : '');
  }

  async #ask(method, target, { wait, body } = {}) {
    const command = method !== 'GET';
    const headers = this.#account.headers();
    const key = headers['X-API-Key'] ?? '';
    if (wait !== undefined) {
      headers.Prefer = 'wait=' + wait;
    }
    if (body) {
      headers['Content-Type'] = 'application/json';
    }
    let response;
    try {
      response = await fetch(new URL(target, BASE), {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(PATIENCE_MILLIS + (wait ?? 0) * 1000),
      });
      if (response.ok) {
        return await response.json();
      }
    } catch {
      throw Problem.unreachable(command);
    }
    const problem = await Problem.of(response);
    if (problem.status === 401) {
      this.#account.refused(key);
    }
    throw problem;
  }
}

function path(id) {
  return 'sessions/' + encodeURIComponent(id);
}
