// One session: where it stands, what can be done to it, what happened.

import { Actions } from './actions.js';
import { Api } from './api.js';
import { attribute, byId, el, reshape, say, shape, show, webAddress } from './dom.js';
import { Follower } from './follower.js';
import { Past } from './model.js';
import { Timeline } from './timeline.js';
import { ago, causeWords, counted, isComing, look, moment, sentence, withStop } from './words.js';

const SERVICES = { runtime: 'Its API', vscode: 'VS Code', 'work-1': 'App on work-1', 'work-2': 'App on work-2' };

/** Gateways remember a little more of each session. */
const REMEMBERED = 24;

/** Changes come in steps; what is shown of a session is asked for once they have passed. */
const LOOK_MILLIS = 200;

export class SessionPane {
  #api;
  #model;
  #commands;
  #redraw;
  #id = null;
  #past = new Past();
  #follower = null;
  #document = null;
  #fault = '';
  #forgotten = false;
  #asked = 0;
  #lookTimer = null;
  #icon = shape('unknown');
  #name = el('span', { class: 'session-name' });
  #state = el('strong');
  #since = el('span', { class: 'soft' });
  #reason = el('p', { class: 'reason' });
  #progress = new Progress();
  #links = el('ul', { class: 'links' });
  #linksPart;
  #key = el('button', { type: 'button', class: 'quiet', onclick: () => this.#copyKey() }, 'Copy the sandbox’s key');
  #facts = el('dl', { class: 'facts' });
  #timeline = new Timeline();
  #actions;
  #pane = byId('session-pane');

  constructor(api, model, commands, reopen, redraw) {
    this.#api = api;
    this.#model = model;
    this.#commands = commands;
    this.#redraw = redraw;
    this.#actions = new Actions((name, argument) => commands.run(name, this.#id, argument), reopen);
    this.#linksPart = el('section', { class: 'part', 'aria-labelledby': 'links-title' },
      el('h3', { id: 'links-title' }, 'Where it is'), this.#links, this.#key);
    this.#pane.append(
      el('header', { class: 'pane-head' },
        el('a', { class: 'back', href: '#/' }, '‹\u00a0', el('span', { class: 'narrow-only' }, 'All sessions'), el('span', { class: 'wide-only' }, 'Overview')),
        el('h2', { id: 'session-title', tabindex: -1 }, this.#icon, this.#name),
        el('p', { class: 'standing' }, this.#state, ' ', this.#since),
        this.#reason),
      this.#actions.element, this.#progress.element, this.#linksPart, this.#timeline.element,
      el('section', { class: 'part', 'aria-labelledby': 'facts-title' }, el('h3', { id: 'facts-title' }, 'What is known of it'), this.#facts));
  }

  get id() {
    return this.#id;
  }

  open(id) {
    this.close();
    this.#id = id;
    this.#actions.clear(id);
    this.#timeline.clear();
    this.#follow('0');
    this.#lookAgain(0);
    this.#pane.scrollTop = 0;
    this.draw();
  }

  /** From the begin, or, where that is not known any more, from a little before now. */
  #follow(since) {
    const id = this.#id;
    this.#follower?.stop();
    this.#follower = new Follower({
      since,
      open: (since, signal) => this.#api.stream(Api.eventsOf(id, since), signal),
      heard: (message) => {
        const tooFar = since === '0' && message.type === 'reset' && this.#past.entries.length === 0;
        if (tooFar && message.revision > REMEMBERED) {
          this.#past.incomplete = 'earlier changes are not known any more';
          this.#follow(String(message.revision - REMEMBERED));
          return;
        }
        this.#past.heard(message);
        this.#redraw();
      },
      gone: () => {
        this.#past.incomplete ||= 'what happened before this page was opened is not known here';
        this.#past.add(this.#model.session(id));
        this.#redraw();
      },
    }).start();
  }

  close() {
    this.#follower?.stop();
    this.#follower = null;
    clearTimeout(this.#lookTimer);
    this.#id = null;
    this.#past = new Past();
    this.#document = null;
    this.#fault = '';
    this.#forgotten = false;
    this.#asked = 0;
  }

  focus() {
    byId('session-title').focus();
  }

  /** @return whether there was something to withdraw */
  cancel() {
    return this.#actions.cancel();
  }

  /** Hears of a change of the session that it shows. */
  changed(session) {
    this.#forgotten = session.state === 'forgotten';
    if (!this.#forgotten) {
      this.#past.add(session);
      this.#commands.settled(this.#id, session);
    }
    this.#lookAgain(LOOK_MILLIS);
  }

  #lookAgain(millis) {
    const id = this.#id;
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(async () => {
      try {
        const found = await this.#api.session(id);
        this.#take(id, found, '');
      } catch (problem) {
        this.#take(id, problem.status === 404 ? null : this.#document, problem.detail);
      }
    }, millis);
  }

  #take(id, found, fault) {
    if (this.#id === id) {
      this.#document = found;
      this.#fault = fault;
      this.#redraw();
    }
  }

  draw() {
    if (this.#id === null) {
      return;
    }
    const now = Date.now();
    const session = this.#standing();
    if (session && this.#document && this.#document.revision !== session.revision && this.#asked !== session.revision) {
      this.#asked = session.revision;
      this.#lookAgain(LOOK_MILLIS);
    }
    say(this.#name, this.#id);
    reshape(this.#icon, look(session?.state));
    say(this.#state, session?.state ?? (this.#forgotten ? 'forgotten' : this.#fault ? 'unknown' : 'looking…'));
    attribute(this.#state, 'data-look', look(session?.state));
    say(this.#since, session ? 'for ' + agoWords(session.at, now) : '');
    say(this.#reason, this.#reasonWords(session));
    this.#actions.draw(session, this.#commands.outcome(this.#id));
    this.#progress.draw(session, this.#past.progress ?? session?.progress, now);
    this.#drawLinks();
    this.#timeline.draw(this.#past, now);
    this.#drawFacts(session, now);
  }

  /** The newest of what the streams and the document say. */
  #standing() {
    if (this.#forgotten) {
      return null;
    }
    const told = this.#model.session(this.#id);
    const last = this.#past.entries.at(-1);
    const known = last && (!told || last.revision > told.revision) && !told?.progress ? last : told;
    if (known || !this.#document) {
      return known ?? null;
    }
    return { ...this.#document, at: Date.parse(this.#document.changed_at), runtimeId: this.#document.runtime_id ?? '' };
  }

  #reasonWords(session) {
    if (!session) {
      return this.#forgotten ? 'Its record was dropped. It can be opened anew.' : withStop(this.#fault);
    }
    return [withStop(session.detail) || sentence(session.state), withStop(causeWords(session.cause))].join(' ');
  }

  #drawLinks() {
    const services = Object.entries(this.#document?.services ?? {}).filter(([, url]) => typeof url === 'string');
    show(this.#linksPart, services.length > 0);
    show(this.#key, Boolean(this.#document?.session_api_key));
    const signature = JSON.stringify(services);
    if (this.#links.dataset.of === signature) {
      return;
    }
    this.#links.dataset.of = signature;
    this.#links.replaceChildren(...services.map(([name, url]) => {
      const href = webAddress(url);
      const label = SERVICES[name] ?? name;
      return el('li', {}, href
        ? el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, el('span', {}, label), el('span', { class: 'address' }, url))
        : el('span', {}, label + ': ' + url));
    }));
  }

  async #copyKey() {
    try {
      await navigator.clipboard.writeText(this.#document.session_api_key);
      say(this.#key, 'Copied');
    } catch {
      say(this.#key, 'The browser does not allow it');
    }
    setTimeout(() => say(this.#key, 'Copy the sandbox’s key'), 2000);
  }

  #drawFacts(session, now) {
    const known = this.#document ?? {};
    const activity = known.activity;
    const facts = {
      Sandbox: session?.runtimeId || known.runtime_id,
      Tenant: session?.tenant || known.tenant,
      Revision: session?.revision,
      'First opened': known.created_at && moment(Date.parse(known.created_at), now),
      'When closed': known.close_policy && known.close_policy + (known.attach_only ? ' (attached only)' : ''),
      'Under way': activity && `${activity.in_flight} requests, ${activity.listening} listening, through ${activity.node}`,
      'Last used': activity?.last_activity_at && ago(Date.parse(activity.last_activity_at), now),
      Failure: known.state === 'failed' && known.failure?.code,
    };
    const rows = Object.entries(facts).filter(([, value]) => value);
    const signature = JSON.stringify(rows);
    if (this.#facts.dataset.of !== signature) {
      this.#facts.dataset.of = signature;
      this.#facts.replaceChildren(...rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, String(value)))));
    }
  }
}

function agoWords(at, now) {
  return counted(now - at) + ', since ' + moment(at, now);
}

/** How far a start or a wake is. */
class Progress {
  #bar = el('progress', { max: 100, 'aria-label': 'How far it is' });
  #words = el('p', { class: 'progress-words' });
  #pod = el('p', { class: 'soft' });
  element = el('section', { class: 'part progress', hidden: true }, this.#words, this.#bar, this.#pod);

  draw(session, progress, now) {
    const coming = session !== null && isComing(session.state);
    show(this.element, coming);
    if (!coming) {
      return;
    }
    const elapsed = Math.max(0, progress ? progress.elapsed + now - progress.heardAt : now - session.at);
    const expected = progress?.expected ?? 0;
    const usual = expected && (elapsed > 1.5 * expected ? ', longer than usual (' + counted(expected) + ')' : ' of usually ' + counted(expected));
    say(this.#words, sentence(session.state) + ' ' + counted(elapsed) + (usual || ''));
    if (expected) {
      this.#bar.value = Math.min(96, (100 * elapsed) / expected);
    } else {
      this.#bar.removeAttribute('value');
    }
    say(this.#pod, podWords(progress));
  }
}

function podWords(progress) {
  if (!progress) {
    return '';
  }
  return [
    progress.buildStatus && 'Build: ' + progress.buildStatus,
    progress.podStatus && 'Pod: ' + progress.podStatus,
    progress.restarts && 'Restarts: ' + progress.restarts + (progress.reasons.length ? ' (' + progress.reasons.join(', ') + ')' : ''),
  ].filter(Boolean).join(' · ');
}
