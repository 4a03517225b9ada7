// The list of sessions. Of thousands only those rows exist that are seen.

import { attribute, byId, el, say, shape, show } from './dom.js';
import { Row, ROW_HEIGHT } from './row.js';
import { GROUPS, plural, STATES } from './words.js';

const BEYOND = 6;

const ORDERS = {
  newest: (a, b) => b.at - a.at || compareText(a.id, b.id),
  name: (a, b) => compareText(a.id, b.id),
  state: (a, b) => rank(a) - rank(b) || b.at - a.at || compareText(a.id, b.id),
};

function compareText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(session) {
  const place = STATES.indexOf(session.state);
  return place < 0 ? STATES.length : place;
}

export class List {
  #model;
  #choose;
  #place = byId('list');
  #canvas = byId('list-canvas');
  #rows = new Map();
  #shown = [];
  #active = null;
  #chosen = null;
  #group = GROUPS[0];
  #text = '';
  #order = 'newest';
  #chips = new Map();

  /** @param choose called with the id of a session that somebody wants to see */
  constructor(model, choose) {
    this.#model = model;
    this.#choose = choose;
    this.#makeChips();
    this.#place.addEventListener('scroll', () => this.#draw(), { passive: true });
    this.#place.addEventListener('keydown', (event) => this.#key(event));
    this.#place.addEventListener('focus', () => this.#draw());
    this.#place.addEventListener('click', (event) => this.#click(event));
    new ResizeObserver(() => this.#draw()).observe(this.#place);
    byId('search').addEventListener('input', (event) => this.#filterBy(event.target.value));
    byId('search').addEventListener('keydown', (event) => this.#searchKey(event));
    byId('sort').addEventListener('change', (event) => {
      this.#order = event.target.value;
      this.#fromTheTop();
    });
    byId('empty-action').addEventListener('click', () => this.#showAll());
  }

  get active() {
    return this.#active;
  }

  focus() {
    this.#place.focus();
  }

  chosen(id) {
    this.#chosen = id;
    this.#active = id ?? this.#active;
    this.#draw();
  }

  /** Takes over what the model says now. */
  update(ready) {
    const allowed = new Set(this.#group.states);
    this.#shown = this.#model.all()
      .filter((session) => (this.#group === GROUPS[0] || allowed.has(session.state)) && this.#matches(session))
      .sort(ORDERS[this.#order]);
    this.#count();
    this.#draw();
    this.#sayEmpty(ready);
  }

  /** @param by how many rows further, or an end */
  move(by) {
    if (!this.#shown.length) {
      return;
    }
    const at = this.#shown.findIndex((session) => session.id === this.#active);
    const last = this.#shown.length - 1;
    const begin = by < 0 ? last : 0;
    const to = at < 0 && Number.isFinite(by) ? begin : at + by;
    this.#active = this.#shown[Math.max(0, Math.min(last, to))].id;
    this.#reveal();
  }

  #matches(session) {
    return !this.#text
      || [session.id, session.runtimeId, session.detail, session.cause, session.state]
        .some((each) => each.toLowerCase().includes(this.#text));
  }

  #filterBy(text) {
    this.#text = text.trim().toLowerCase();
    this.#fromTheTop();
  }

  #fromTheTop() {
    this.#place.scrollTop = 0;
    this.update(true);
  }

  #showAll() {
    byId('search').value = '';
    this.#text = '';
    this.#group = GROUPS[0];
    this.#fromTheTop();
    this.focus();
  }

  #makeChips() {
    for (const group of GROUPS) {
      const count = el('span', { class: 'count' });
      const chip = el('button', {
        type: 'button',
        class: 'chip',
        'aria-pressed': 'false',
        onclick: () => {
          this.#group = group;
          this.#fromTheTop();
        },
      }, group.look ? shape(group.look) : null, el('span', {}, group.word), count);
      this.#chips.set(group, { chip, count });
      byId('chips').append(chip);
    }
  }

  #count() {
    const counts = this.#model.counts();
    for (const [group, { chip, count }] of this.#chips) {
      const sum = group === GROUPS[0]
        ? this.#model.size
        : group.states.reduce((all, state) => all + (counts[state] ?? 0), 0);
      say(count, sum.toLocaleString());
      attribute(chip, 'aria-pressed', String(group === this.#group));
    }
    const filtered = this.#shown.length !== this.#model.size;
    say(byId('shown-count'), filtered ? this.#shown.length.toLocaleString() + ' of ' + this.#model.size.toLocaleString()
      : this.#model.size.toLocaleString());
  }

  #sayEmpty(ready) {
    show(byId('empty'), !this.#shown.length);
    show(this.#place, this.#shown.length > 0);
    if (this.#shown.length) {
      return;
    }
    const filtered = this.#model.size > 0;
    say(byId('empty-words'), !ready ? 'Looking…'
      : filtered ? 'None of ' + plural(this.#model.size, 'session', 'sessions') + ' is like that.'
        : 'There is no session yet. Open one here, or by the API; it appears by itself.');
    say(byId('empty-action'), 'Show all');
    show(byId('empty-action'), ready && filtered);
  }

  #draw() {
    const total = this.#shown.length;
    const height = total * ROW_HEIGHT + 'px';
    if (this.#canvas.style.height !== height) {
      this.#canvas.style.height = height;
    }
    const first = Math.max(0, Math.floor(this.#place.scrollTop / ROW_HEIGHT) - BEYOND);
    const last = Math.min(total, Math.ceil((this.#place.scrollTop + this.#place.clientHeight) / ROW_HEIGHT) + BEYOND);
    const now = Date.now();
    const seen = new Set();
    for (let at = first; at < last; at++) {
      const session = this.#shown[at];
      seen.add(session.id);
      this.#row(session.id).draw(session, at, total, now, session.id === this.#active, session.id === this.#chosen);
    }
    for (const [id, row] of this.#rows) {
      if (!seen.has(id)) {
        row.element.remove();
        this.#rows.delete(id);
      }
    }
    const active = this.#rows.get(this.#active);
    if (active) {
      attribute(this.#place, 'aria-activedescendant', active.element.id);
    } else {
      this.#place.removeAttribute('aria-activedescendant');
    }
  }

  #row(id) {
    let row = this.#rows.get(id);
    if (!row) {
      row = new Row(id);
      this.#rows.set(id, row);
      this.#canvas.append(row.element);
    }
    return row;
  }

  #reveal() {
    const at = this.#shown.findIndex((session) => session.id === this.#active);
    const top = at * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.#place;
    if (top < scrollTop) {
      this.#place.scrollTop = top;
    } else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.#place.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
    this.#draw();
  }

  #click(event) {
    const row = event.target.closest('.row');
    if (row) {
      this.#active = row.sessionId;
      this.#choose(row.sessionId);
    }
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const page = Math.max(1, Math.floor(this.#place.clientHeight / ROW_HEIGHT) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      event.preventDefault();
      this.move(moves[event.key]);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const there = this.#shown.some((session) => session.id === this.#active);
      if (there) {
        this.#choose(this.#active);
      } else {
        this.move(1);
      }
    }
  }

  #searchKey(event) {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      this.focus();
      if (!this.#shown.some((session) => session.id === this.#active)) {
        this.move(1);
      }
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (event.target.value) {
        event.target.value = '';
        this.#filterBy('');
      } else {
        this.focus();
      }
    }
  }
}
