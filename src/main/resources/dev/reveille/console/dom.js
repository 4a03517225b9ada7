// Elements without markup: every text that comes from elsewhere ends up in a text node or an attribute, never in HTML.

const SVG = 'http://www.w3.org/2000/svg';

export function byId(id) {
  return document.getElementById(id);
}

/** An element. `attributes` whose value is null, undefined or false are left out; `on…` are listeners. */
export function el(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets a text only if it is another one, so that nothing is laid out or read aloud again for nothing. */
export function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function show(element, visible) {
  if (element.hidden === visible) {
    element.hidden = !visible;
  }
}

export function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** The shape of a state. Beside it there is always the word. */
export function shape(state) {
  const use = svg('use');
  const icon = svg('svg', { class: 'shape', 'aria-hidden': 'true', focusable: 'false' }, use);
  reshape(icon, state);
  return icon;
}

export function reshape(icon, look) {
  attribute(icon.firstChild, 'href', '#state-' + look);
  attribute(icon, 'data-look', look);
}

/** A link's address, if it is one that a link may have; null otherwise. */
export function webAddress(text) {
  try {
    const url = new URL(text, document.baseURI);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

/** Runs `work` once in the next frame, however often it is asked to until then. Hidden pages have no frames. */
export function eachFrame(work) {
  let asked = false;
  const run = () => {
    if (asked) {
      asked = false;
      work();
    }
  };
  document.addEventListener('visibilitychange', run);
  return () => {
    if (!asked) {
      asked = true;
      requestAnimationFrame(run);
    }
  };
}
