import { csvRows } from '../../lib/cli/csv';

const fieldsOf = (text: string) => csvRows('t.csv', text).map(({ fields }) => fields);

test.each([
  ['plain fields', 'a,b\nc,d\n', [['a', 'b'], ['c', 'd']]],
  ['no line end at the end', 'a,b', [['a', 'b']]],
  ['the line ends of Windows', 'a,b\r\nc,"d"\r\n', [['a', 'b'], ['c', 'd']]],
  ['commas, line ends and quotation marks in quotes', '"a,b","c\nd","e""f"\n', [['a,b', 'c\nd', 'e"f']]],
  ['a quotation mark in a plain field', 'a "b" c,d\n', [['a "b" c', 'd']]],
  ['empty fields, and a line that is empty', 'a,,\n\n,"",\nb,"",c\n', [['a', '', ''], ['b', '', 'c']]],
  ['nothing', '', []],
])('%s', (_name, text, rows) => {
  expect(fieldsOf(text)).toEqual(rows);
});

test('a row knows the line that it begins in', () => {
  expect(csvRows('t.csv', 'a\n"b\n\nb"\n\nc,"d\nd"\ne').map(({ line }) => line)).toEqual([1, 2, 6, 8]);
});

test.each([
  ['a field without an end', 'a\n"b,c\nd\n', 't.csv, line 2: a quoted field has no end'],
  ['a word behind a quoted field', 'a\n"b\nc"d,e\n', 't.csv, line 3: a quoted field is followed by "d"'],
])('%s is refused with its line', (_name, text, refusal) => {
  expect(() => fieldsOf(text)).toThrow(refusal);
});
