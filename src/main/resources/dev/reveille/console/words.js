// What states, causes, times and failures are called.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The states in the order in which they are sorted: what wants attention first. */
export const STATES = ['failed', 'building', 'starting', 'resuming', 'pausing', 'stopping', 'running', 'paused', 'stopped'];

/** What people filter by. */
export const GROUPS = [
  { name: 'all', word: 'All', look: null, states: STATES },
  { name: 'running', word: 'Running', look: 'running', states: ['running'] },
  { name: 'moving', word: 'On the way', look: 'resuming', states: ['building', 'starting', 'resuming', 'pausing', 'stopping'] },
  { name: 'paused', word: 'Paused', look: 'paused', states: ['paused'] },
  { name: 'failed', word: 'Failed', look: 'failed', states: ['failed'] },
  { name: 'stopped', word: 'Stopped', look: 'stopped', states: ['stopped'] },
];

const COMING = new Set(['building', 'starting', 'resuming']);
const SETTLED = new Set(['running', 'paused', 'stopped', 'failed']);

const SENTENCES = {
  building: 'Its image is being built.',
  starting: 'Its sandbox is being started.',
  running: 'Its sandbox runs.',
  pausing: 'Its sandbox is being put to sleep.',
  paused: 'Its sandbox sleeps. The next request wakes it.',
  resuming: 'Its sandbox is being woken.',
  stopping: 'Its sandbox is being ended.',
  stopped: 'It is closed and has no sandbox.',
  failed: 'Its last step failed.',
};

const CAUSES = {
  client: 'asked for by a client',
  traffic: 'woken by traffic',
  idle: 'was idle',
  lifetime: 'had reached its age',
  quota: 'made room for others',
  upstream: 'told by the runtime API',
  'node-lost': 'taken over from a node that left',
  adopted: 'found at the runtime API',
};

/** The name of a state's shape; a state that a newer gateway knows has one too. */
export function look(state) {
  return STATES.includes(state) ? state : 'unknown';
}

export function isComing(state) {
  return COMING.has(state);
}

export function isSettled(state) {
  return SETTLED.has(state);
}

export function sentence(state) {
  return SENTENCES[state] ?? '';
}

export function causeWords(cause) {
  return CAUSES[cause] ?? cause ?? '';
}

/** A length of time as somebody would say it. */
export function duration(millis) {
  if (!Number.isFinite(millis) || millis < 0) {
    return '';
  }
  if (millis < SECOND) {
    return Math.round(millis) + '\u00a0ms';
  }
  if (millis < 10 * SECOND) {
    return (millis / SECOND).toFixed(1) + '\u00a0s';
  }
  if (millis < MINUTE) {
    return Math.round(millis / SECOND) + '\u00a0s';
  }
  if (millis < HOUR) {
    return two(millis, MINUTE, 'min', SECOND, 's');
  }
  return millis < DAY ? two(millis, HOUR, 'h', MINUTE, 'min') : two(millis, DAY, 'd', HOUR, 'h');
}

function two(millis, big, bigWord, small, smallWord) {
  const bigs = Math.floor(millis / big);
  const smalls = Math.floor((millis % big) / small);
  return bigs + '\u00a0' + bigWord + (smalls ? '\u00a0' + smalls + '\u00a0' + smallWord : '');
}

/** For what runs: without the parts of a second. */
export function counted(millis) {
  const seconds = Math.max(0, Math.floor(millis / SECOND));
  return seconds < 60 ? seconds + '\u00a0s' : duration(seconds * SECOND);
}

/** How long ago, in one unit. */
export function ago(moment, now) {
  const millis = now - moment;
  if (!Number.isFinite(millis)) {
    return '';
  }
  if (millis < 2 * SECOND) {
    return 'now';
  }
  const [unit, word] = millis < MINUTE ? [SECOND, 's'] : millis < HOUR ? [MINUTE, 'min'] : millis < DAY ? [HOUR, 'h'] : [DAY, 'd'];
  return Math.floor(millis / unit) + '\u00a0' + word;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const MINUTES = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

export function clock(moment) {
  return Number.isFinite(moment) ? CLOCK.format(moment) : '';
}

export function clockMinutes(moment) {
  return Number.isFinite(moment) ? MINUTES.format(moment) : '';
}

/** With the day where it is another one than today. */
export function moment(at, now) {
  if (!Number.isFinite(at)) {
    return '';
  }
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? clock(at) : DATE.format(at) + ', ' + clock(at);
}

export function plural(count, one, many) {
  return count.toLocaleString() + ' ' + (count === 1 ? one : many);
}

/** A failure of the API in words: what happened, and what to do. */
export function failureWords(problem) {
  const words = [withStop(problem.detail)];
  if (problem.retryAfter > 0) {
    words.push('Try again in ' + duration(problem.retryAfter) + '.');
  } else if (problem.retryable) {
    words.push('Trying again may help.');
  }
  return words.join(' ');
}

/** Without signs that are not seen, or that turn around what stands beside them. */
export function plain(text) {
  return String(text ?? '').replace(/\s+/g, ' ').replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** With a capital and a full stop, as reasons come without. */
export function withStop(text) {
  const trimmed = plain(text).trim();
  if (!trimmed) {
    return '';
  }
  return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? '' : '.');
}
