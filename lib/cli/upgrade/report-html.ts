import { headline, sectionsOf } from './report-text';
import { UpgradeReport } from './upgrade-report';

const STYLE = 'body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color-scheme:light dark}'
  + 'li{white-space:pre-wrap;overflow-wrap:anywhere}.breaks{color:#c00}';

/** The report as a page that needs nothing else. */
export function htmlOf(report: UpgradeReport): string {
  const sections = sectionsOf(report).map(({ title, lines }) =>
    `<h2>${escaped(title)}</h2>\n<ul>\n${lines.map(line => `<li>${escaped(line)}</li>\n`).join('')}</ul>\n`);
  const title = escaped(headline(report));
  return '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    + `<title>${title}</title><style>${STYLE}</style></head>\n<body>\n<h1${report.breaks ? ' class="breaks"' : ''}>${title}</h1>\n${sections.join('')}</body>\n</html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
}
