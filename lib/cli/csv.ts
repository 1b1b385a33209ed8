import { Refusal } from '../common/refusal';

/** A row of a table, and the line that it begins in, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What ends a field that is not quoted. */
const END = /[,\r\n]|$/g;

/**
 * The rows of a table of comma-separated values, without those that are empty; a quoted field may have line ends in it.
 *
 * @throws on a quoted field that has no end, or is followed by something else than a comma
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvRows(where: string, text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let [position, line] = [0, 1];
  while (position < text.length) {
    const fields: string[] = [];
    const first = line;
    for (;;) {
      const quoted = text[position] === '"';
      const end = quoted ? endOfQuoted(where, line, text, position) : endOfPlain(text, position);
      const field = text.slice(position, end);
      fields.push(quoted ? field.slice(1, -1).replaceAll('""', '"') : field);
      line += field.split('\n').length - 1;
      position = end + 1;
      if (text[end] !== ',') {
        position = text.startsWith('\r\n', end) ? end + 2 : end + 1;
        break;
      }
    }
    line++;
    if (fields.some(field => field.trim() !== '')) {
      rows.push({ line: first, fields });
    }
  }
  return rows;
}

function endOfPlain(text: string, start: number): number {
  END.lastIndex = start;
  return END.exec(text)!.index;
}

/** Where the field ends that begins with a quotation mark; one within it is written twice. */
function endOfQuoted(where: string, line: number, text: string, start: number): number {
  let end = start + 1;
  for (;;) {
    const mark = text.indexOf('"', end);
    if (mark === -1) {
      throw new Refusal(`${where}, line ${line}: a quoted field has no end. Close it with a quotation mark`);
    }
    if (text[mark + 1] !== '"') {
      end = mark + 1;
      break;
    }
    end = mark + 2;
  }
  if (end < text.length && !',\r\n'.includes(text[end])) {
    const at = line + text.slice(start, end).split('\n').length - 1;
    throw new Refusal(`${where}, line ${at}: a quoted field is followed by ${JSON.stringify(text[end])}. A quotation mark within a field is written twice`);
  }
  return end;
}
