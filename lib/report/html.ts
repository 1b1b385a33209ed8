const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

/** What stands in a template: text is escaped, parts of a page are not, and what is not there is nothing. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** A part of a page. It is only made by `html`, so that no value gets into a page as it is. */
export class Html {
  /** @internal */
  constructor(readonly text: string) {}
}

/** The part of a page that the template is. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0];
  for (let index = 0; index < values.length; index++) {
    text += htmlOf(values[index]) + parts[index + 1];
  }
  return new Html(text);
}

function htmlOf(value: HtmlValue): string {
  if (value instanceof Html) {
    return value.text;
  }
  if (value === undefined || typeof value === 'number') {
    return value === undefined ? '' : String(value);
  }
  return typeof value === 'string' ? escaped(value) : value.map(htmlOf).join('');
}

function escaped(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, character => ENTITIES[character]) : text;
}
