// A row of the list: one session in two lines.

import { attribute, el, reshape, say, shape } from './dom.js';
import { ago, causeWords, counted, isComing, look, withStop } from './words.js';

/** In pixels, as in the style sheet. */
export const ROW_HEIGHT = 56;

let numbers = 0;

export class Row {
  #icon = shape('unknown');
  #name = el('span', { class: 'row-name' });
  #time = el('span', { class: 'row-time' });
  #state = el('span', { class: 'row-state' });
  #why = el('span', { class: 'row-why' });
  element;

  constructor(id) {
    this.element = el('div', { class: 'row', role: 'option', id: 'row-' + ++numbers },
      this.#icon, this.#name, this.#time, this.#state, this.#why);
    this.element.sessionId = id;
  }

  draw(session, at, total, now, active, chosen) {
    this.element.style.transform = 'translateY(' + at * ROW_HEIGHT + 'px)';
    attribute(this.element, 'aria-posinset', String(at + 1));
    attribute(this.element, 'aria-setsize', String(total));
    attribute(this.element, 'aria-selected', String(chosen));
    this.element.classList.toggle('active', active);
    reshape(this.#icon, look(session.state));
    attribute(this.#state, 'data-look', look(session.state));
    say(this.#name, session.id);
    say(this.#time, ago(session.at, now));
    say(this.#state, session.state);
    say(this.#why, why(session, now));
  }
}

function why(session, now) {
  if (isComing(session.state)) {
    const progress = session.progress;
    const elapsed = progress ? progress.elapsed + now - progress.heardAt : now - session.at;
    const usual = progress?.expected ? ' of usually ' + counted(progress.expected) : '';
    return 'for ' + counted(elapsed) + usual;
  }
  return session.detail ? withStop(session.detail) : causeWords(session.cause);
}
