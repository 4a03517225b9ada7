// Puts the parts together: who looks, what is followed, and which view is shown.

import { Account } from './account.js';
import { Commands } from './actions.js';
import { Announcer } from './announcer.js';
import { Api } from './api.js';
import { byId, eachFrame, reshape, say, show } from './dom.js';
import { Follower } from './follower.js';
import { List } from './list.js';
import { Model } from './model.js';
import { NodePane } from './node.js';
import { Opening } from './opening.js';
import { SessionPane } from './session.js';
import { Shortcuts } from './shortcuts.js';
import { clock, counted, isSettled, plural, withStop } from './words.js';

/** Where there is no stream, the list is asked for again and again. */
const LISTING_MILLIS = 4_000;

const LINK = {
  connecting: ['starting', 'Connecting'],
  live: ['running', 'Live'],
  lost: ['failed', 'Cut off'],
  listing: ['paused', 'No stream'],
  off: ['stopped', 'Off'],
};

class Console {
  #announcer = new Announcer();
  #account = new Account(() => this.#begin());
  #api = new Api(this.#account);
  #redraw = eachFrame(() => this.#draw());
  #model = new Model(this.#redraw, (now, before) => this.#news(now, before));
  #commands = new Commands(this.#api, this.#announcer, this.#redraw);
  #list = new List(this.#model, (id) => this.#go('#/session/' + encodeURIComponent(id)));
  #session = new SessionPane(this.#api, this.#model, this.#commands, (id) => this.#opening.show(id), this.#redraw);
  #node = new NodePane(this.#api, this.#model);
  #opening = new Opening(this.#api, (id) => this.#go('#/session/' + encodeURIComponent(id)));
  #follower = null;
  #listing = null;
  #link = { kind: 'connecting' };
  #ready = false;
  #view = '';

  constructor() {
    new Shortcuts({
      search: () => this.#search(),
      move: (by) => this.#move(by),
      back: () => this.#back(),
      open: () => this.#openForm(),
      overview: () => this.#go('#/node'),
    });
    byId('new-session').addEventListener('click', () => this.#openForm());
    byId('lost-retry').addEventListener('click', () => this.#follower?.retryNow());
    document.querySelector('.skip').addEventListener('click', (event) => {
      event.preventDefault();
      this.#list.focus();
    });
    addEventListener('hashchange', () => this.#route(true));
    setInterval(this.#redraw, 1000);
    this.#begin();
  }

  /** Somebody has come or gone: what the one before saw is not for the next. */
  #begin() {
    this.#follower?.stop();
    this.#follower = null;
    clearTimeout(this.#listing);
    this.#session?.close();
    this.#node.stop();
    this.#commands.clear();
    this.#announcer.clear();
    this.#model.clear();
    this.#ready = false;
    this.#link = { kind: 'connecting' };
    this.#view = '';
    if (this.#account.asking) {
      this.#link = { kind: 'off' };
      this.#list.update(false);
      this.#drawLink();
      return;
    }
    show(byId('main'), true);
    this.#route(false);
    this.#node.look();
    this.#follow();
    show(byId('sign-out'), Object.keys(this.#account.headers()).length > 0);
  }

  #follow() {
    this.#follower = new Follower({
      open: (since, signal) => {
        if (!since) {
          this.#model.begins();
        }
        return this.#api.stream(Api.allEvents(since), signal);
      },
      heard: (message) => {
        this.#ready ||= message.type !== 'state' || this.#model.size > 200;
        this.#model.heard(message);
      },
      status: (link) => this.#linked(link),
      gone: (problem) => this.#withoutStream(problem),
    }).start();
  }

  #withoutStream(problem) {
    if (problem.status === 401) {
      this.#account.refused();
    } else if (problem.status === 403) {
      this.#linked({ kind: 'off', reason: problem.detail });
    } else {
      this.#lookAtList();
    }
  }

  async #lookAtList() {
    clearTimeout(this.#listing);
    const follower = this.#follower;
    let pause = LISTING_MILLIS;
    if (!document.hidden) {
      try {
        const sessions = await this.#api.sessions();
        if (this.#follower !== follower) {
          return;
        }
        this.#ready = true;
        this.#linked({ kind: 'listing' });
        this.#model.listed(sessions);
      } catch (problem) {
        if (this.#follower !== follower) {
          return;
        }
        pause = Math.max(LISTING_MILLIS, problem.retryAfter);
        this.#linked({ kind: 'lost', lostAt: this.#link.lostAt ?? Date.now(), retryAt: Date.now() + pause, reason: problem.detail });
      }
    }
    this.#listing = setTimeout(() => this.#lookAtList(), pause);
  }

  #linked(link) {
    const before = this.#link.kind;
    this.#link = link;
    if (link.kind === 'lost' && before === 'live') {
      this.#announcer.say('The stream was cut. What is shown may be old.');
    } else if (link.kind === 'live' && before === 'lost') {
      this.#announcer.say('The stream is back.');
    }
    this.#drawLink();
  }

  #news(now, before) {
    if (now.id === this.#session.id) {
      this.#session.changed(now);
      if (before?.state !== now.state && (isSettled(now.state) || now.state === 'forgotten')) {
        this.#announcer.say(now.id + ' is ' + now.state);
      }
    } else if (before?.state !== now.state) {
      this.#announcer.changed(now);
    }
  }

  #draw() {
    if (this.#account.asking) {
      return;
    }
    this.#list.update(this.#ready);
    this.#node.draw();
    this.#session.draw();
    this.#drawLink();
    const session = this.#session.id === null ? null : this.#model.session(this.#session.id);
    const title = this.#session.id === null ? 'Reveille' : this.#session.id + (session ? ' · ' + session.state : '') + ' · Reveille';
    if (document.title !== title) {
      document.title = title;
    }
  }

  #drawLink() {
    const { kind, lostAt, retryAt, reason } = this.#link;
    const [look, word] = LINK[kind];
    reshape(byId('link-state').firstElementChild, look);
    say(byId('link-word'), word);
    byId('link-state').dataset.kind = kind;
    const lost = kind === 'lost' && lostAt && Date.now() - lostAt > 300;
    show(byId('lost'), Boolean(lost) || kind === 'listing' || (kind === 'off' && Boolean(reason)));
    show(byId('lost-retry'), Boolean(lost) && this.#listing === null);
    byId('lost').dataset.kind = kind;
    say(byId('lost-words'), kind === 'listing' ? 'This gateway has no event stream: the list is looked at every ' + counted(LISTING_MILLIS) + '.'
      : kind === 'off' ? withStop(reason)
        : lost ? lostWords(lostAt, retryAt, reason) : '');
  }

  #go(hash) {
    if (location.hash === hash) {
      this.#route(true);
    } else {
      location.hash = hash;
    }
  }

  /** @param moved whether somebody went there: then the focus goes along */
  #route(moved) {
    if (this.#account.asking) {
      return;
    }
    const parts = location.hash.split('/');
    const before = this.#view;
    const id = parts[1] === 'session' ? decoded(parts[2]) : null;
    this.#view = id ? 'session' : parts[1] === 'node' ? 'node' : 'list';
    document.body.dataset.view = this.#view;
    show(byId('session-pane'), this.#view === 'session');
    show(byId('node-pane'), this.#view !== 'session');
    for (const [name, current] of [['nav-node', this.#view === 'node'], ['nav-list', this.#view !== 'node']]) {
      if (current) {
        byId(name).setAttribute('aria-current', 'page');
      } else {
        byId(name).removeAttribute('aria-current');
      }
    }
    if (id && this.#session.id !== id) {
      this.#session.open(id);
    } else if (!id) {
      this.#session.close();
    }
    this.#list.chosen(id);
    if (moved && id) {
      this.#session.focus();
    } else if (moved && this.#view === 'node') {
      byId('node-title').focus();
    } else if (moved && before !== this.#view) {
      this.#list.focus();
    }
    this.#redraw();
  }

  #search() {
    if (this.#view !== 'list' && !isWide()) {
      this.#go('#/');
    }
    byId('search').focus();
    byId('search').select();
  }

  #move(by) {
    if (this.#view !== 'list' && !isWide()) {
      return;
    }
    this.#list.focus();
    this.#list.move(by);
  }

  #back() {
    if (this.#view === 'session' && this.#session.cancel()) {
      return;
    }
    if (this.#view !== 'list') {
      this.#go('#/');
    }
  }

  #openForm() {
    const gone = this.#session.id !== null && !this.#model.session(this.#session.id);
    this.#opening.show(gone ? this.#session.id : '');
  }
}

/** Whether the list is seen beside what is shown. */
function isWide() {
  return matchMedia('(min-width: 60rem)').matches;
}

function decoded(part) {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return '';
  }
}

function lostWords(lostAt, retryAt, reason) {
  const left = retryAt ? Math.ceil((retryAt - Date.now()) / 1000) : 0;
  return 'Cut off since ' + clock(lostAt) + ': what you see may be old. '
    + (reason ? withStop(reason) + ' ' : '')
    + (left > 0 ? 'Trying again in ' + plural(left, 'second', 'seconds') + '.' : 'Trying again…');
}

new Console();
