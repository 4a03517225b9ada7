// Server-sent events out of a response's body, so that a request for them can carry a header, which EventSource cannot.

/** Far above the longest record; what is longer is no stream of ours. */
const LONGEST_LINE = 1 << 20;

/**
 * The events of a stream, each as `{ name, id, data }`. Also yields null for each piece of the stream that has no whole
 * event, such as a heartbeat: a sign of life.
 */
export async function* events(body, onRetry) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new Lines();
  let event = fresh();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      let told = false;
      for (const line of lines.of(value)) {
        if (line !== '') {
          take(event, line, onRetry);
        } else if (event.data !== null) {
          told = true;
          yield event;
          event = fresh(event.id);
        } else {
          event = fresh(event.id);
        }
      }
      if (!told) {
        yield null;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function fresh(id = '') {
  return { name: 'message', id, data: null };
}

function take(event, line, onRetry) {
  const colon = line.indexOf(':');
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
  if (field === 'data') {
    event.data = event.data === null ? value : event.data + '\n' + value;
  } else if (field === 'event') {
    event.name = value || 'message';
  } else if (field === 'id' && !value.includes('\0')) {
    event.id = value;
  } else if (field === 'retry' && /^[0-9]+$/.test(value)) {
    onRetry(Number(value));
  }
}

/** Cuts text into lines that end with CR, LF or both, wherever the text was cut on its way. */
class Lines {
  #rest = '';
  #afterReturn = false;

  *of(text) {
    let from = 0;
    if (this.#afterReturn && text.startsWith('\n')) {
      from = 1;
    }
    this.#afterReturn = text.endsWith('\r');
    const whole = this.#rest + text.slice(from);
    const parts = whole.split(/\r\n|\n|\r/);
    this.#rest = parts.pop();
    if (this.#rest.length > LONGEST_LINE) {
      throw new Error('a line of the stream does not end');
    }
    yield* parts;
  }
}
