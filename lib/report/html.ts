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
  return new Html(parts.reduce((text, part, index) => `${text}${htmlOf(values[index - 1])}${part}`));
}

function htmlOf(value: HtmlValue): string {
  if (value === undefined) {
    return '';
  }
  if (value instanceof Html) {
    return value.text;
  }
  return Array.isArray(value) ? value.map(htmlOf).join('') : escaped(String(value));
}

function escaped(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, character => ENTITIES[character]) : text;
}
