import { html } from '../../lib/report/html';

test('values are escaped in text and in attributes, parts of a page are not', () => {
  const hostile = '<script>alert("1")</script> & \'x\'';
  expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe('<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">'
    + '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</p>');
  expect(html`<ul>${['a<', 'b'].map(name => html`<li>${name}`)}</ul>`.text).toBe('<ul><li>a&lt;<li>b</ul>');
});

test('what is not there is nothing, and 0 is a number', () => {
  expect(html`${undefined}${0}${[]}${''}`.text).toBe('0');
});

test('an object that looks like a part of a page is not taken for one', () => {
  const forged = JSON.parse('{"text": "<script>"}') as never;
  expect(() => html`${forged}`).toThrow(TypeError);
});
