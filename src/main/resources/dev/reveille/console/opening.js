// The form that opens a session.

import { byId, el, say } from './dom.js';
import { failureWords } from './words.js';

const NAME = /^[A-Za-z0-9_-]{1,128}$/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

export class Opening {
  #api;
  #opened;
  #dialog = byId('open-dialog');
  #fault = el('p', { class: 'fault', role: 'alert', id: 'open-fault' });
  #submit = el('button', { type: 'submit', class: 'primary' }, 'Open');
  #fields = {
    id: input({ required: true, maxlength: 128, placeholder: 'my-session' }),
    image: input({ placeholder: 'the runtime API’s default' }),
    command: input({ placeholder: 'the image’s own' }),
    environment: el('textarea', { rows: 3, spellcheck: 'false', placeholder: 'NAME=value' }),
    initialEnv: el('textarea', { rows: 3, spellcheck: 'false', placeholder: 'NAME=value' }),
    factor: select({ '': 'default', 1: '1', 2: '2', 4: '4', 8: '8' }),
    policy: select({ '': 'default: stop', stop: 'stop its sandbox', pause: 'pause its sandbox', keep: 'keep its sandbox' }),
    attachOnly: el('input', { type: 'checkbox' }),
  };

  /** @param opened called with the id of a session that is on its way */
  constructor(api, opened) {
    this.#api = api;
    this.#opened = opened;
    const f = this.#fields;
    this.#dialog.append(el('form', { onsubmit: (event) => this.#send(event), novalidate: true },
      el('h2', { id: 'open-title' }, 'Open a session'),
      el('p', { class: 'soft' }, 'A sandbox that is there already is attached to, or woken. If there is none, one is started.'),
      field('Session', f.id, '1 to 128 letters, digits, - and _'),
      field('Image', f.image),
      el('details', {}, el('summary', {}, 'More'),
        field('Command', f.command),
        field('Variables of the sandbox', f.environment, 'one NAME=value a line'),
        field('Variables of its shell', f.initialEnv, 'set after each start and each wake'),
        el('div', { class: 'pair' }, field('Resources', f.factor), field('When closed', f.policy)),
        el('label', { class: 'check' }, f.attachOnly, ' Only attach: do not start a sandbox')),
      this.#fault,
      el('div', { class: 'actions' }, this.#submit,
        el('button', { type: 'button', onclick: () => this.#dialog.close() }, 'Cancel'))));
  }

  show(id = '') {
    say(this.#fault, '');
    this.#dialog.querySelector('form').reset();
    this.#fields.id.value = id;
    this.#dialog.showModal();
    (id ? this.#fields.image : this.#fields.id).focus();
  }

  async #send(event) {
    event.preventDefault();
    if (this.#submit.getAttribute('aria-disabled') === 'true') {
      return;
    }
    say(this.#fault, '');
    const id = this.#fields.id.value.trim();
    let spec;
    try {
      spec = this.#spec(id);
    } catch (wrong) {
      this.#refuse(wrong.message, wrong.field);
      return;
    }
    this.#submit.setAttribute('aria-disabled', 'true');
    try {
      await this.#api.open(id, spec);
      this.#dialog.close();
      this.#opened(id);
    } catch (problem) {
      this.#refuse('It could not be opened. ' + failureWords(problem), this.#submit);
    } finally {
      this.#submit.removeAttribute('aria-disabled');
    }
  }

  #refuse(words, place) {
    say(this.#fault, words);
    const folded = place.closest('details');
    if (folded) {
      folded.open = true;
    }
    place.focus();
  }

  #spec(id) {
    const f = this.#fields;
    if (!NAME.test(id)) {
      throw wrong('A session is called by 1 to 128 letters, digits, - and _.', f.id);
    }
    const given = {
      image: f.image.value.trim(),
      command: f.command.value.trim(),
      environment: variables(f.environment),
      initial_env: variables(f.initialEnv),
      resource_factor: Number(f.factor.value),
      close_policy: f.policy.value,
      attach_only: f.attachOnly.checked,
    };
    // What is left out is the runtime API's to decide.
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  }
}

function variables(area) {
  const lines = area.value.split('\n').filter((line) => line.trim());
  const found = lines.map((line) => VARIABLE.exec(line.trim()));
  const bad = found.findIndex((match) => match === null);
  if (bad >= 0) {
    throw wrong('Not NAME=value: ' + lines[bad].trim().slice(0, 60), area);
  }
  return found.length ? Object.fromEntries(found.map(([, name, value]) => [name, value])) : null;
}

function wrong(message, field) {
  return Object.assign(new Error(message), { field });
}

function input(attributes) {
  return el('input', { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', ...attributes });
}

function select(options) {
  return el('select', {}, Object.entries(options).map(([value, label]) => el('option', { value }, label)));
}

let numbers = 0;

function field(label, control, hint) {
  const id = 'field-' + ++numbers;
  control.id = id;
  if (hint) {
    control.setAttribute('aria-describedby', id + '-hint');
  }
  return el('div', { class: 'field' }, el('label', { for: id }, label), control, hint ? el('p', { class: 'soft', id: id + '-hint' }, hint) : null);
}
