// All at a glance: the sessions as a whole, the wakes, and the node that answers.

import { attribute, byId, el, reshape, say, shape } from './dom.js';
import { wakesPerMinute, wakeTimes } from './plot.js';
import { ago, clock, duration, look, plural, STATES } from './words.js';

const EVERY_MILLIS = 10_000;

const BREAKER = {
  closed: ['running', 'Answers', 'calls are made'],
  open: ['failed', 'At rest', 'it failed too often; nothing is asked of it for a moment'],
  'half-open': ['resuming', 'On trial', 'one call finds out whether it is back'],
};

export class NodePane {
  #api;
  #model;
  #overview = null;
  #heardAt = 0;
  #fault = '';
  #timer = null;
  #plots = el('div', { class: 'plots' });
  #states = el('ul', { class: 'states' });
  #counts = new Map();
  #nodes = el('ul', { class: 'nodes' });
  #note = el('p', { class: 'soft', id: 'node-note' });
  #tiles = {
    sessions: tile('Sessions'),
    holds: tile('Requests waiting'),
    wakes: tile('Wakes, last hour'),
    api: tile('Runtime API'),
  };

  constructor(api, model) {
    this.#api = api;
    this.#model = model;
    byId('node-pane').append(
      el('header', { class: 'pane-head' }, el('h2', { id: 'node-title', tabindex: -1 }, 'Overview'), this.#note),
      el('div', { class: 'tiles' }, Object.values(this.#tiles).map((each) => each.element)),
      this.#plots,
      el('section', { class: 'part', 'aria-labelledby': 'states-title' }, el('h3', { id: 'states-title' }, 'Sessions by state'), this.#states),
      el('section', { class: 'part', 'aria-labelledby': 'nodes-title' }, el('h3', { id: 'nodes-title' }, 'Nodes'), this.#nodes));
    for (const state of STATES) {
      const count = el('span', { class: 'count' });
      this.#counts.set(state, count);
      this.#states.append(el('li', {}, shape(state), el('span', {}, state), count));
    }
    new ResizeObserver(() => this.#drawPlots()).observe(this.#plots);
    document.addEventListener('visibilitychange', () => !document.hidden && this.#timer !== null && this.look());
  }

  /** The tenant's name; empty before it is known. */
  get tenant() {
    return this.#overview?.tenant ?? '';
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#overview = null;
  }

  /** Asks now, and then again and again. @return whether it was answered; fails never */
  async look() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => !document.hidden && this.look(), EVERY_MILLIS);
    try {
      this.#overview = await this.#api.overview();
      this.#heardAt = Date.now();
      this.#fault = '';
      this.#drawOverview();
    } catch (problem) {
      this.#fault = problem.detail;
      this.draw();
      return problem;
    }
    this.draw();
    return null;
  }

  /** What changes with every change of a session, and with time. */
  draw() {
    const counts = this.#model.counts();
    const total = this.#model.size;
    this.#tiles.sessions.say(total.toLocaleString(), plural(counts.running ?? 0, 'runs', 'run') + ', ' + (counts.paused ?? 0).toLocaleString() + ' asleep');
    for (const [state, count] of this.#counts) {
      say(count, (counts[state] ?? 0).toLocaleString());
    }
    const told = this.#overview;
    say(this.#note, this.#fault && told ? 'As it was ' + ago(this.#heardAt, Date.now()) + ' ago: ' + this.#fault + '.'
      : this.#fault ? this.#fault : told ? 'Told by ' + told.node + ', version ' + told.version + ', at ' + clock(this.#heardAt) + '.' : '');
    attribute(byId('node-note'), 'data-kind', this.#fault ? 'fault' : '');
  }

  #drawOverview() {
    const told = this.#overview;
    const now = Date.now();
    this.#tiles.holds.say(told.holds.toLocaleString(), told.holds ? 'for a sandbox, on this node' : 'none on this node');
    const ready = told.wakes.per_minute.reduce((sum, minute) => sum + minute.ready, 0);
    const failed = told.wakes.per_minute.reduce((sum, minute) => sum + minute.failed, 0);
    this.#tiles.wakes.say((ready + failed).toLocaleString(), failed ? failed.toLocaleString() + ' failed' : medianWords(told.wakes.recent));
    const [icon, word, meaning] = BREAKER[told.runtime_api.breaker] ?? ['unknown', told.runtime_api.breaker, ''];
    this.#tiles.api.say(word, meaning + ', for ' + duration(Math.max(1000, now - Date.parse(told.runtime_api.since))), icon);
    this.#drawPlots();
    const nodes = JSON.stringify([told.node, told.nodes]);
    if (this.#nodes.dataset.of !== nodes) {
      this.#nodes.dataset.of = nodes;
      this.#nodes.replaceChildren(...told.nodes.map((node) => el('li', {}, shape('running'), el('span', {}, node),
        node === told.node ? el('span', { class: 'soft' }, 'answers this page') : null)));
    }
  }

  /** What is left of a column beside its frame; 0 while it is not seen. */
  #plotWidth() {
    const columns = getComputedStyle(this.#plots).gridTemplateColumns.split(' ');
    return this.#plots.clientWidth ? Math.max(0, Math.floor(parseFloat(columns[0])) - 34) : 0;
  }

  /** Drawn anew only if they are others, so that an open table stays open. */
  #drawPlots() {
    const wakes = this.#overview?.wakes;
    const width = this.#plotWidth();
    const signature = JSON.stringify([width, wakes]);
    if (wakes && width > 0 && this.#plots.dataset.of !== signature) {
      const open = [...this.#plots.querySelectorAll('details')].map((each) => each.open);
      this.#plots.dataset.of = signature;
      this.#plots.replaceChildren(wakesPerMinute(wakes.per_minute, width), wakeTimes(wakes.recent.slice(-100), width));
      this.#plots.querySelectorAll('details').forEach((each, index) => (each.open = open[index] ?? false));
    }
  }
}

function medianWords(recent) {
  const times = recent.filter((wake) => wake.outcome === 'ready').map((wake) => wake.took_ms).sort((a, b) => a - b);
  return times.length ? 'half of the last within ' + duration(times[Math.ceil(times.length / 2) - 1]) : 'none seen yet';
}

function tile(title) {
  const icon = shape('unknown');
  const value = el('span');
  const note = el('p', { class: 'soft' });
  icon.setAttribute('hidden', '');
  return {
    element: el('div', { class: 'tile' }, el('h3', {}, title), el('p', { class: 'tile-value' }, icon, value), note),
    say(main, more, state) {
      say(value, main);
      say(note, more);
      if (state) {
        icon.removeAttribute('hidden');
        reshape(icon, look(state));
      }
    },
  };
}
