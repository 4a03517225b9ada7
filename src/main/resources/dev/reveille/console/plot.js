// Plots of wakes, drawn by hand: two axes with labels, few lines, and the same numbers as a table.

import { el, svg } from './dom.js';
import { clock, clockMinutes, duration } from './words.js';

const HEIGHT = 170;
const LEFT = 52;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 26;
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM;

/** How many wakes ended in each minute: a bar each, those that failed on top of those that did not. */
export function wakesPerMinute(minutes, width) {
  const inner = width - LEFT - RIGHT;
  const most = niceTop(Math.max(1, ...minutes.map((m) => m.ready + m.failed)), true);
  const step = inner / minutes.length;
  const bars = minutes.flatMap((minute, index) => {
    const x = LEFT + index * step + 0.75;
    const ready = (minute.ready / most) * INNER_HEIGHT;
    const failed = (minute.failed / most) * INNER_HEIGHT;
    const bottom = TOP + INNER_HEIGHT;
    const words = clockMinutes(Date.parse(minute.at)) + ': ' + minute.ready + ' ready, ' + minute.failed + ' failed';
    const thick = (step - Math.min(1.5, step / 4)).toFixed(2);
    return [
      minute.ready && svg('rect', { class: 'bar-ready', x: x.toFixed(2), y: (bottom - ready).toFixed(1), width: thick, height: ready.toFixed(1) }, svg('title', {}, words)),
      minute.failed && svg('rect', { class: 'bar-failed', x: x.toFixed(2), y: (bottom - ready - failed).toFixed(1), width: thick, height: failed.toFixed(1) }, svg('title', {}, words)),
    ].filter(Boolean);
  });
  const ready = sum(minutes, 'ready');
  const failed = sum(minutes, 'failed');
  const ticks = (width < 440 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map((part) => ({
    x: LEFT + part * inner,
    word: part === 1 ? 'now' : Math.round(minutes.length * (1 - part)) + ' min ago',
  }));
  return frame({
    width,
    title: 'Wakes per minute',
    label: `Wakes per minute in the last hour: ${ready} ready, ${failed} failed.`,
    rows: integerRows(most),
    ticks,
    marks: bars,
    legend: [['bar-ready', 'ready'], ['bar-failed', 'failed']],
    empty: ready + failed === 0 ? 'No wake in the last hour.' : '',
    table: table('Wakes by minute', ['Minute', 'Ready', 'Failed'],
      minutes.filter((m) => m.ready + m.failed > 0).reverse()
        .map((m) => [clockMinutes(Date.parse(m.at)), String(m.ready), String(m.failed)])),
  });
}

/** How long the last wakes took: a dot each, in their order. */
export function wakeTimes(wakes, width) {
  const inner = width - LEFT - RIGHT;
  const top = wakes.length ? niceTop(Math.max(4, ...wakes.map((wake) => wake.took_ms)), false) : 4000;
  const step = inner / Math.max(wakes.length, 20);
  const dots = wakes.map((wake, index) => {
    const x = LEFT + (index + 0.5) * step;
    const y = TOP + INNER_HEIGHT * (1 - wake.took_ms / top);
    const words = `${wake.session_id}: ${wake.outcome} after ${duration(wake.took_ms)}, ${clock(Date.parse(wake.at))}`;
    return wake.outcome === 'ready'
      ? svg('circle', { class: 'dot-ready', cx: x.toFixed(1), cy: y.toFixed(1), r: 3 }, svg('title', {}, words))
      : svg('path', { class: 'dot-failed', d: `M${x - 3.5} ${y - 3.5}l7 7m0-7l-7 7` }, svg('title', {}, words));
  });
  const sorted = wakes.filter((wake) => wake.outcome === 'ready').map((wake) => wake.took_ms).sort((a, b) => a - b);
  const half = quantile(sorted, 0.5);
  const most = quantile(sorted, 0.9);
  const summary = sorted.length
    ? `Half of them were ready within ${duration(half)}, nine of ten within ${duration(most)}.`
    : '';
  return frame({
    width,
    title: 'How long wakes took',
    label: `The last ${wakes.length} wakes. ${summary}`,
    rows: [0, 0.25, 0.5, 0.75, 1].map((part) => ({ part, word: part === 0 ? '0' : duration(part * top) })),
    ticks: wakes.length ? [
      { x: LEFT + step / 2, word: clock(Date.parse(wakes[0].at)) },
      ...(wakes.length > 5 ? [{ x: LEFT + (wakes.length - 0.5) * step, word: clock(Date.parse(wakes.at(-1).at)) }] : []),
    ] : [],
    marks: dots,
    line: sorted.length > 1 ? TOP + INNER_HEIGHT * (1 - half / top) : null,
    legend: [['dot-ready', 'ready'], ['dot-failed', 'failed'], ['median', 'median']],
    note: summary,
    empty: wakes.length === 0 ? 'No wake was seen yet.' : '',
    table: table('The last wakes', ['Session', 'Ended', 'Took', 'Outcome'],
      [...wakes].reverse().map((wake) => [wake.session_id, clock(Date.parse(wake.at)), duration(wake.took_ms), wake.outcome])),
  });
}

function frame({ width, title, label, rows, ticks, marks, line, legend, note, empty, table }) {
  const grid = rows.flatMap(({ part, word }) => {
    const y = TOP + INNER_HEIGHT * (1 - part);
    return [
      svg('path', { class: part === 0 ? 'axis' : 'grid', d: `M${LEFT} ${y}H${width - RIGHT}` }),
      svg('text', { class: 'tick', x: LEFT - 7, y: y + 4, 'text-anchor': 'end' }, word),
    ];
  });
  const below = ticks.map(({ x, word }, index) => svg('text', {
    class: 'tick',
    x,
    y: HEIGHT - 7,
    'text-anchor': x > width - 60 ? 'end' : index === 0 && x < LEFT + 30 ? 'start' : 'middle',
  }, word));
  const median = line === null || line === undefined ? null : svg('path', { class: 'median', d: `M${LEFT} ${line}H${width - RIGHT}` });
  return el('figure', { class: 'plot' },
    el('figcaption', {}, el('span', { class: 'plot-title' }, title),
      el('span', { class: 'legend', 'aria-hidden': 'true' }, legend.map(([look, word]) => el('span', { class: 'key key-' + look }, word)))),
    svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label }, grid, below, marks, median,
      empty ? svg('text', { class: 'plot-empty', x: LEFT + (width - LEFT - RIGHT) / 2, y: TOP + INNER_HEIGHT / 2, 'text-anchor': 'middle' }, empty) : null),
    note ? el('p', { class: 'soft' }, note) : null,
    table);
}

function table(title, heads, rows) {
  if (!rows.length) {
    return null;
  }
  return el('details', { class: 'numbers' }, el('summary', {}, 'The numbers'),
    el('div', { class: 'numbers-scroll', tabindex: 0, role: 'region', 'aria-label': title }, el('table', {},
      el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((cell) => el('td', {}, cell))))))));
}

/** The least round number that is not below `value`, and whose quarters are round too unless it counts something. */
function niceTop(value, whole) {
  const power = 10 ** Math.floor(Math.log10(value));
  const top = (whole ? [1, 2, 5, 10] : [1, 2, 4, 8, 10]).map((factor) => factor * power).find((candidate) => candidate >= value);
  return whole ? Math.max(2, Math.ceil(top)) : top;
}

function integerRows(most) {
  const count = most % 5 === 0 ? 5 : most % 4 === 0 ? 4 : 2;
  return Array.from({ length: count + 1 }, (none, index) => ({ part: index / count, word: String((most * index) / count) }))
    .filter((row) => Number.isInteger(Number(row.word)));
}

function quantile(sorted, part) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] : NaN;
}

function sum(minutes, name) {
  return minutes.reduce((all, minute) => all + minute[name], 0);
}
