import { describe, expect, it } from '@jest/globals';
import { aloud, codeSection, context, header, message, section } from '../../src/slack/blocks/blocks.ts';

describe('what a notification and a screen reader say', () => {
  it('is what headers and sections show, line by line as sentences', () => {
    const card = message([header('title', 'Access given'), section('said', 'Until 18:40\n*Next:* sign in.')]);
    expect(card.text).toBe('Access given. Until 18:40. *Next:* sign in.');
  });

  it('leaves code and small print to the eye', () => {
    const card = message([
      section('said', 'Commit this:'),
      codeSection('code', 'a: 1'),
      context('facts', ['x']),
    ]);
    expect(card.text).toBe('Commit this:');
    expect(card.blocks).toHaveLength(3);
  });

  it('shows nothing of a title as markup', () => {
    expect(message([header('title', '<!channel>')]).text).toBe('&lt;!channel&gt;.');
  });

  it('is said in other words where a card gives them, in the order of its blocks', () => {
    const table = codeSection('table', 'prod-eu  14 d');
    const card = message([
      header('title', 'Secrets'),
      aloud(['One ends.'], table),
      aloud([], section('s', 'a')),
    ]);
    expect(card.text).toBe('Secrets. One ends.');
    expect(card.blocks.map(({ block_id }) => block_id)).toEqual(['title', 'table', 's']);
  });

  it('leaves out blocks with nothing to read', () => {
    expect(message([header('title', 'Done'), section('said', '')]).blocks).toHaveLength(1);
  });
});
