// The keyboard. Single keys can be switched off, for those whose keys come from speech.

import { byId, el } from './dom.js';

const KEPT = 'reveille.single-keys';

const KEYS = [
  [['/'], 'filter the sessions'],
  [['j', '↓'], 'next session'],
  [['k', '↑'], 'session before'],
  [['Home', 'End', 'Page ↓', 'Page ↑'], 'further, in the list'],
  [['Enter'], 'show the session'],
  [['Esc'], 'back: from a question, a session, the filter'],
  [['n'], 'open a session'],
  [['o'], 'overview'],
  [['?'], 'this list'],
];

export class Shortcuts {
  #actions;
  #dialog = byId('help-dialog');
  #switch = el('input', { type: 'checkbox' });

  /** @param actions `{ search, move, choose, back, open, overview }` */
  constructor(actions) {
    this.#actions = actions;
    this.#switch.checked = kept();
    this.#switch.addEventListener('change', () => keep(this.#switch.checked));
    this.#dialog.append(
      el('h2', { id: 'help-title' }, 'Keyboard'),
      el('dl', { class: 'keys' }, KEYS.map(([keys, meaning]) => el('div', {},
        el('dt', {}, keys.map((key) => el('kbd', {}, key))), el('dd', {}, meaning)))),
      el('label', { class: 'check' }, this.#switch, ' Single keys: / j k n o ?'),
      el('div', { class: 'actions' }, el('button', { type: 'button', class: 'primary', onclick: () => this.#dialog.close() }, 'Close')));
    byId('show-help').addEventListener('click', () => this.#dialog.showModal());
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event) {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || byId('main').hidden
      || document.querySelector('dialog[open]')) {
      return;
    }
    if (event.key === 'Escape') {
      this.#actions.back();
      return;
    }
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
    const single = {
      '/': () => this.#actions.search(),
      j: () => this.#actions.move(1),
      k: () => this.#actions.move(-1),
      n: () => this.#actions.open(),
      o: () => this.#actions.overview(),
      '?': () => this.#dialog.showModal(),
    }[event.key];
    if (single && !typing && this.#switch.checked) {
      event.preventDefault();
      single();
    }
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT) !== 'off';
  } catch {
    return true;
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? 'on' : 'off');
  } catch {
    // Then it counts until the page is loaded again.
  }
}
