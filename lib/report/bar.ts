import { scaled } from './figures';
import { Html, html } from './html';

/** A part of a bar. */
export interface BarPart {
  /** One letter, which is the class of its colour. */
  readonly colour: string;
  readonly name: string;
  readonly size: number;
  /** The size as a person reads it. */
  readonly figure: string;
}

const LENGTH = 1000;

/** A bar of parts, and below it the same as text. Parts without a size are left out. */
export function bar(label: string, parts: readonly BarPart[], mark?: number): Html {
  const shown = parts.filter(({ size }) => size > 0);
  const total = shown.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  const drawn = shown.map(({ colour, size }) => {
    const start = scaled(before, total, LENGTH);
    before += size;
    return html`<path class=${colour} d="M${start} 10H${scaled(before, total, LENGTH)}"/>`;
  });
  const limit = mark === undefined ? undefined : html`<path class=limit d="M${scaled(mark, total, LENGTH)} 0V20"/>`;
  return html`<svg class=bar viewBox="0 0 ${LENGTH} 20" preserveAspectRatio="none" role=img aria-label="${label}">${drawn}${limit}</svg>
<ul class=key>
${shown.map(({ colour, name, figure }) => html`<li class=${colour}>${name} <b>${figure}</b>\n`)}</ul>`;
}
