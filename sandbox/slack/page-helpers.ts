/** Script for the page, in front of local-slack's own: what its changed places call. */
export const PAGE_HELPERS = String.raw`
window.sandbox = (() => {
  const kept = [];
  const keep = (html) => '\u0001' + (kept.push(html) - 1) + '\u0002';
  const dateForms = {
    date: { dateStyle: 'long' },
    date_num: { dateStyle: 'short' },
    date_short: { dateStyle: 'medium' },
    date_long: { dateStyle: 'full' },
    time: { timeStyle: 'short' },
    time_secs: { timeStyle: 'medium' },
  };
  const date = (seconds, format) =>
    format.replace(/\{(\w+?)(?:_pretty)?\}/g, (token, name) =>
      dateForms[name] ? new Intl.DateTimeFormat(undefined, dateForms[name]).format(seconds * 1000) : token);
  return {
    visitor(people) {
      const wanted = new URLSearchParams(location.search).get('as');
      return people.find((person) => person.id === wanted) ?? people[0];
    },
    press(button) {
      const ask = button.confirm;
      if (ask && !window.confirm(ask.title.text + '\n\n' + ask.text.text)) return false;
      if (button.url) window.open(button.url, '_blank', 'noreferrer');
      return true;
    },
    entriesOf(view, before) {
      const entries = {};
      for (const { type, block_id, element } of view?.blocks ?? []) {
        const action = element?.action_id;
        const entry = before[block_id]?.[action] ?? view.initial_entries[block_id]?.[action];
        if (type === 'input' && entry) entries[block_id] = { [action]: entry };
      }
      return entries;
    },
    showFirstError(error) {
      if (error) document.querySelector('.modal-error').scrollIntoView({ block: 'center' });
    },
    before(html) {
      return html
        .replace(/${'```'}\n?([\s\S]*?)\n?${'```'}/g, (_, code) =>
          keep('<pre style="background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;margin:4px 0;white-space:pre-wrap;font-size:12px">' + code + '</pre>'))
        .replace(/&lt;!date\^(\d+)\^([^|^]*)(?:\^[^|]*)?\|([\s\S]*?)&gt;/g, (_, at, format) => keep(date(Number(at), format)))
        .replace(/&lt;!subteam\^\w+(?:\|(@?[^&]*))?&gt;/g, (_, name) => keep('<span class="mention">' + (name || '@group') + '</span>'))
        .replace(/&lt;!(here|channel|everyone)(?:\|[^&]*)?&gt;/g, (_, name) => keep('<span class="mention">@' + name + '</span>'));
    },
    after(html) {
      // An app escapes &, < and > itself; the page has escaped them once more.
      return html
        .replace(/\u0001(\d+)\u0002/g, (_, at) => kept[Number(at)])
        .replace(/&amp;(amp|lt|gt);/g, '&$1;');
    },
  };
})();
`;

/** Slack keeps the spaces and the lines of a text. */
export const PAGE_STYLE = '.mrkdwn, .plain { white-space: pre-wrap; }';
