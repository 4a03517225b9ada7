// One session's past: a band, to see at a glance, and the same as a list, to read.

import { el, say, shape, show, svg, attribute } from './dom.js';
import { causeWords, clock, duration, look, moment, sentence, withStop } from './words.js';

const WIDTH = 1000;
const HEIGHT = 28;

/** What lasted a moment is seen beside what lasted a day. */
const LEAST_WIDTH = 9;

export class Timeline {
  #band = svg('svg', { class: 'band', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  #from = el('span');
  #to = el('span', {}, 'now');
  #entries = el('ol', { class: 'entries', reversed: true });
  #note = el('p', { class: 'soft' });
  #drawn = new Map();
  element;

  constructor() {
    this.element = el('section', { class: 'part', 'aria-labelledby': 'timeline-title' },
      el('h3', { id: 'timeline-title' }, 'What happened'),
      el('div', { class: 'band-frame' }, this.#band, el('p', { class: 'band-ends', 'aria-hidden': 'true' }, this.#from, this.#to)),
      this.#entries,
      this.#note);
  }

  clear() {
    this.#drawn.clear();
    this.#entries.replaceChildren();
    this.#band.replaceChildren();
  }

  draw(past, now) {
    const isNew = past.entries.some((entry) => !this.#drawn.has(entry));
    if (isNew || past.entries.length !== this.#drawn.size) {
      this.#drawn = new Map(past.entries.map((entry) => [entry, this.#drawn.get(entry) ?? itemOf(entry, now)]));
      this.#entries.replaceChildren(...[...this.#drawn.values()].reverse());
    }
    say(this.#note, past.incomplete ? withStop(past.incomplete) : '');
    show(this.#note, past.incomplete !== '');
    this.#drawBand(past.entries, now);
  }

  #drawBand(entries, now) {
    const pieces = piecesOf(entries, now);
    while (this.#band.childElementCount > pieces.length) {
      this.#band.lastChild.remove();
    }
    while (this.#band.childElementCount < pieces.length) {
      this.#band.append(svg('rect', { y: 0, height: HEIGHT }, svg('title')));
    }
    const free = WIDTH - pieces.length * LEAST_WIDTH;
    const total = pieces.reduce((sum, piece) => sum + piece.millis, 0) || 1;
    let x = 0;
    pieces.forEach((piece, index) => {
      const rect = this.#band.children[index];
      const width = LEAST_WIDTH + (free * piece.millis) / total;
      attribute(rect, 'x', x.toFixed(1));
      attribute(rect, 'width', Math.max(1, width - 1.5).toFixed(1));
      attribute(rect, 'data-look', look(piece.state));
      say(rect.firstChild, piece.state + ', ' + duration(piece.millis));
      x += width;
    });
    say(this.#from, pieces.length ? moment(pieces[0].from, now) : '');
  }
}

/** In which states it was, one after the other; at most as many as there is room for. */
function piecesOf(entries, now) {
  const pieces = [];
  const first = entries[0];
  if (first?.previous && first.tookMillis > 0) {
    pieces.push({ state: first.previous, from: first.at - first.tookMillis, millis: first.tookMillis });
  }
  entries.forEach((entry, index) => {
    const until = entries[index + 1]?.at ?? Math.max(now, entry.at);
    pieces.push({ state: entry.state, from: entry.at, millis: Math.max(0, until - entry.at) });
  });
  return pieces.slice(-60);
}

function itemOf(entry, now) {
  const after = entry.previous && entry.tookMillis > 0 ? duration(entry.tookMillis) + ' ' + entry.previous : '';
  const facts = [causeWords(entry.cause), after && 'after ' + after, entry.node && 'by ' + entry.node].filter(Boolean).join(' · ');
  return el('li', { class: 'entry', value: entry.revision || null },
    shape(look(entry.state)),
    el('div', {},
      el('p', { class: 'entry-head' },
        el('strong', { 'data-look': look(entry.state) }, entry.state),
        el('time', { datetime: new Date(entry.at).toISOString(), title: moment(entry.at, now) }, clock(entry.at))),
      entry.detail ? el('p', { class: 'entry-detail' }, withStop(entry.detail)) : null,
      el('p', { class: 'soft' }, facts || sentence(entry.state)),
      entry.skipped ? el('p', { class: 'soft' }, 'Stands for several changes; ' + entry.skipped + ' before it were left out.') : null));
}
