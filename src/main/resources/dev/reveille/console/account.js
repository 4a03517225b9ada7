// Who looks. A key is kept in this tab alone, and goes out in a header and in nothing else.

import { byId, say, show } from './dom.js';

const KEPT = 'reveille.key';

export class Account {
  #key = '';
  #changed;
  #asking = false;

  /** @param changed called each time that somebody has come or gone */
  constructor(changed) {
    this.#changed = changed;
    this.#key = kept();
    byId('sign-in').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#take(byId('api-key').value.trim());
    });
    byId('sign-out').addEventListener('click', () => this.signOut());
  }

  headers() {
    return this.#key ? { 'X-API-Key': this.#key } : {};
  }

  get asking() {
    return this.#asking;
  }

  /** The gateway does not know the key, or wants one. @param key that was shown; empty if none was */
  refused(key = this.#key) {
    if (key !== this.#key) {
      // Of one that was given up meanwhile.
      return;
    }
    const had = key !== '';
    this.#keep('');
    this.#ask(had ? 'This key is not good here, or not any more.' : '');
  }

  /** With the page goes all that it has shown and knows. */
  signOut() {
    this.#keep('');
    location.replace(location.pathname);
  }

  #ask(fault) {
    if (this.#asking) {
      return;
    }
    say(byId('sign-in-fault'), fault);
    this.#asking = true;
    document.body.dataset.view = 'sign-in';
    show(byId('main'), false);
    show(byId('sign-in'), true);
    show(byId('sign-out'), false);
    byId('api-key').value = '';
    byId('api-key').focus();
    this.#changed();
  }

  #take(key) {
    if (!key) {
      say(byId('sign-in-fault'), 'Without a key nothing can be shown.');
      byId('api-key').focus();
      return;
    }
    if (!/^[\x21-\x7e]+$/.test(key)) {
      say(byId('sign-in-fault'), 'A key has only letters, digits and signs of ASCII, without spaces.');
      byId('api-key').focus();
      return;
    }
    this.#keep(key);
    this.#asking = false;
    byId('api-key').value = '';
    say(byId('sign-in-fault'), '');
    show(byId('sign-in'), false);
    this.#changed();
  }

  #keep(key) {
    this.#key = key;
    try {
      if (key) {
        sessionStorage.setItem(KEPT, key);
      } else {
        sessionStorage.removeItem(KEPT);
      }
    } catch {
      // Then it lasts until the page is loaded again.
    }
    show(byId('sign-out'), key !== '');
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
}
