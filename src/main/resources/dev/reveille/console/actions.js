// What can be done to a session, and what came of it. Outlives the panel: a command goes on when somebody looks elsewhere.

import { el, say, show } from './dom.js';
import { duration, failureWords, isSettled } from './words.js';

const POLICIES = [
  { word: '', label: 'as the session was opened' },
  { word: 'stop', label: 'stop: end the sandbox, its files are gone' },
  { word: 'pause', label: 'pause: keep the sandbox asleep' },
  { word: 'keep', label: 'keep: leave the sandbox as it is' },
];

const COMMANDS = {
  pause: { run: (api, id) => api.pause(id), doing: 'Putting it to sleep…', fault: 'It could not be put to sleep.' },
  resume: { run: (api, id) => api.resume(id), doing: 'Waking it…', fault: 'It could not be woken.' },
  close: { run: (api, id, policy) => api.close(id, policy), doing: 'Closing it…', fault: 'It could not be closed.' },
};

const DONE = {
  running: 'It runs.',
  paused: 'It sleeps.',
  stopped: 'It is closed.',
};

/** Runs commands, and remembers the outcome of the last one of each session. */
export class Commands {
  #api;
  #announcer;
  #changed;
  #outcomes = new Map();

  constructor(api, announcer, changed) {
    this.#api = api;
    this.#announcer = announcer;
    this.#changed = changed;
  }

  /** `{ kind: 'doing' | 'done' | 'fault', words }`; undefined if nothing was asked for. */
  outcome(id) {
    return this.#outcomes.get(id);
  }

  clear() {
    this.#outcomes.clear();
  }

  async run(name, id, argument) {
    const command = COMMANDS[name];
    const begun = performance.now();
    const outcome = { kind: 'doing', words: command.doing };
    this.#set(id, outcome);
    try {
      const session = await command.run(this.#api, id, argument);
      const took = performance.now() - begun;
      // Somebody may have asked for something else meanwhile; that counts then.
      if (this.outcome(id) === outcome) {
        this.#set(id, isSettled(session.state)
          ? { kind: session.state === 'failed' ? 'fault' : 'done', words: doneWords(session, took) }
          : { kind: 'doing', words: 'It is on its way: ' + session.state + '.', until: true });
      }
    } catch (problem) {
      if (this.outcome(id) === outcome) {
        this.#set(id, { kind: 'fault', words: command.fault + ' ' + failureWords(problem) });
      }
    }
  }

  /** A session has come to stand somewhere: what was said to be under way is over. */
  settled(id, session) {
    if (this.outcome(id)?.until && isSettled(session.state)) {
      this.#outcomes.delete(id);
      this.#changed();
    }
  }

  #set(id, outcome) {
    this.#outcomes.set(id, outcome);
    if (outcome.kind !== 'doing') {
      this.#announcer.say(id + ': ' + outcome.words);
    }
    this.#changed();
  }
}

function doneWords(session, took) {
  const words = session.state === 'failed' ? 'It failed: ' + session.detail : DONE[session.state] ?? session.state;
  return took > 100 ? words.replace(/\.$/, '') + ', after ' + duration(took) + '.' : words;
}

/** The buttons of one session. */
export class Actions {
  #run;
  #id = null;
  #buttons = {};
  #policy = el('select', { id: 'close-policy' }, POLICIES.map(({ word, label }) => el('option', { value: word }, label)));
  #question = el('p', { id: 'close-question' });
  #confirm;
  #bar;
  #outcome = el('p', { class: 'outcome' });
  element;

  /**
   * @param run is given the name of a command and an argument
   * @param reopen is given a session that is to be opened again
   */
  constructor(run, reopen) {
    this.#run = run;
    this.#bar = el('div', { class: 'actions' },
      this.#button('resume', 'Wake', 'primary', () => run('resume')),
      // Started anew with what the form says: what it was opened with is not told.
      this.#button('open', 'Open again…', 'primary', () => reopen(this.#id)),
      this.#button('pause', 'Pause', '', () => run('pause')),
      this.#button('close', 'Close…', '', () => this.#ask()));
    this.#confirm = el('div', { class: 'confirm', role: 'group', 'aria-labelledby': 'close-question', hidden: true },
      this.#question,
      el('label', { for: 'close-policy' }, 'What becomes of its sandbox'),
      this.#policy,
      el('div', { class: 'actions' },
        this.#button('confirm', 'Close it', 'danger', () => this.#close()),
        this.#button('cancel', 'Do not close', '', () => this.cancel())));
    this.element = el('div', { class: 'part' }, this.#bar, this.#confirm, this.#outcome);
  }

  clear(id) {
    this.#id = id;
    this.#dismiss();
  }

  /** @param session null if there is none any more */
  draw(session, outcome) {
    const state = session?.state;
    const busy = outcome?.kind === 'doing' && !outcome.until;
    const focused = document.activeElement;
    show(this.#buttons.resume, state === 'paused' || state === 'pausing');
    show(this.#buttons.open, !session || state === 'stopped' || state === 'failed');
    show(this.#buttons.pause, state === 'running' || state === 'starting' || state === 'resuming');
    show(this.#buttons.close, Boolean(session) && state !== 'stopped' && state !== 'stopping');
    for (const name of ['resume', 'open', 'pause']) {
      // Not disabled: who has just pressed it would lose their place.
      this.#buttons[name].setAttribute('aria-disabled', String(busy));
    }
    if (this.#buttons.close.hidden) {
      this.#dismiss();
    }
    say(this.#outcome, outcome?.words ?? '');
    this.#outcome.dataset.kind = outcome?.kind ?? '';
    if (focused && this.#bar.contains(focused) && focused.hidden) {
      (this.#bar.querySelector('button:not([hidden])') ?? document.getElementById('session-title')).focus();
    }
  }

  /** @return whether there was a question that is withdrawn now */
  cancel() {
    if (this.#confirm.hidden) {
      return false;
    }
    this.#dismiss();
    this.#buttons.close.focus();
    return true;
  }

  #button(name, label, look, action) {
    const button = el('button', {
      type: 'button',
      class: look || null,
      'data-action': name,
      onclick: () => button.getAttribute('aria-disabled') !== 'true' && action(),
    }, label);
    this.#buttons[name] = button;
    return button;
  }

  #ask() {
    say(this.#question, 'Close ' + this.#id + '? What is on its way to it fails.');
    this.#policy.value = '';
    show(this.#confirm, true);
    show(this.#bar, false);
    this.#policy.focus();
  }

  #close() {
    this.#dismiss();
    this.#run('close', this.#policy.value);
    document.getElementById('session-title').focus();
  }

  #dismiss() {
    show(this.#confirm, false);
    show(this.#bar, true);
  }
}
