import { describe, expect, it } from '@jest/globals';
import { validateMessage, validateView } from '../../sandbox/slack/block-kit/validate.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const modal = (blocks: unknown[], more = {}) => ({ type: 'modal', title: plain('Title'), blocks, ...more });
const inMessage = (...blocks: unknown[]) => lines(validateMessage({ text: 'x', blocks }));
const inModal = (view: unknown) => lines(validateView(view));

function lines(issues: { pointer: string; message: string }[]): string[] {
  return issues.map(({ pointer, message }) => `${pointer}: ${message}`);
}

const button = (more = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...more });
const option = (value: string) => ({ text: plain(value), value });
const input = (element: object, more = {}) => ({ type: 'input', label: plain('Label'), element, ...more });

describe('A card', () => {
  it('of classic blocks within their limits is fine', () => {
    expect(
      inMessage(
        { type: 'header', text: plain('x'.repeat(150)) },
        { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3000) }, accessory: button() },
        { type: 'section', fields: Array.from({ length: 10 }, () => plain('x')) },
        { type: 'divider' },
        { type: 'context', elements: [{ type: 'mrkdwn', text: 'x' }] },
        { type: 'actions', block_id: 'b', elements: [button({ value: 'x'.repeat(2000), style: 'danger' })] },
      ),
    ).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      'a header of 151 characters',
      { type: 'header', text: plain('x'.repeat(151)) },
      '/blocks/0/text/text: must be less than 151 characters',
    ],
    [
      'a header with markup',
      { type: 'header', text: { type: 'mrkdwn', text: 'x' } },
      '/blocks/0/text/type: unsupported type: mrkdwn',
    ],
    ['an empty section', { type: 'section' }, '/blocks/0: missing required field: text or fields'],
    [
      'a section with an empty text',
      { type: 'section', text: plain('') },
      '/blocks/0/text/text: must be more than 0 characters',
    ],
    [
      'eleven fields',
      { type: 'section', fields: Array.from({ length: 11 }, () => plain('x')) },
      '/blocks/0/fields: no more than 10 items allowed',
    ],
    [
      'eleven context elements',
      { type: 'context', elements: Array.from({ length: 11 }, () => plain('x')) },
      '/blocks/0/elements: no more than 10 items allowed',
    ],
    [
      '26 buttons',
      { type: 'actions', elements: Array.from({ length: 26 }, (_, at) => button({ action_id: `a${at}` })) },
      '/blocks/0/elements: no more than 25 items allowed',
    ],
    [
      'two buttons with one action ID',
      { type: 'actions', elements: [button(), button()] },
      '/blocks/0/elements/1/action_id: `action_id` must be unique: a',
    ],
    [
      'a long button',
      { type: 'actions', elements: [button({ text: plain('x'.repeat(76)) })] },
      '/blocks/0/elements/0/text/text: must be less than 76 characters',
    ],
    [
      'a button value of 2001',
      { type: 'actions', elements: [button({ value: 'x'.repeat(2001) })] },
      '/blocks/0/elements/0/value: must be less than 2001 characters',
    ],
    [
      'a style nobody knows',
      { type: 'actions', elements: [button({ style: 'default' })] },
      '/blocks/0/elements/0/style: must be a valid enum value [primary, danger]',
    ],
    [
      'a link without a scheme',
      { type: 'actions', elements: [button({ url: 'k10.example.com' })] },
      '/blocks/0/elements/0/url: must be a valid URL',
    ],
    [
      'a field nobody knows',
      { type: 'divider', colour: 'red' },
      '/blocks/0: invalid additional property: colour',
    ],
    [
      'a confirmation without its no',
      {
        type: 'actions',
        elements: [button({ confirm: { title: plain('t'), text: plain('t'), confirm: plain('y') } })],
      },
      '/blocks/0/elements/0/confirm: missing required field: deny',
    ],
    [
      'a block ID of 256',
      { type: 'divider', block_id: 'x'.repeat(256) },
      '/blocks/0/block_id: must be less than 256 characters',
    ],
  ])('with %s is refused', (_what, block, line) => {
    expect(inMessage(block)).toEqual([line]);
  });

  it('has 50 blocks at most, each with its own ID', () => {
    expect(inMessage(...Array.from({ length: 51 }, () => ({ type: 'divider' })))).toEqual([
      '/blocks: no more than 50 items allowed',
    ]);
    expect(inMessage({ type: 'divider', block_id: 'b' }, { type: 'divider', block_id: 'b' })).toEqual([
      '/blocks/1/block_id: block_id must be unique: b',
    ]);
  });
});

describe('A form', () => {
  const select = (count: number, initial = 'v0') => ({
    type: 'static_select',
    options: Array.from({ length: count }, (_, at) => option(`v${at}`)),
    initial_option: option(initial),
  });

  it('with inputs and a submit button is fine', () => {
    const blocks = [
      input({ type: 'plain_text_input', max_length: 100 }),
      input(select(100), { optional: true }),
      input({ type: 'multi_users_select', initial_users: ['U1'] }),
    ];
    expect(inModal(modal(blocks, { submit: plain('Plan'), private_metadata: 'x'.repeat(3000) }))).toEqual([]);
  });

  it('with inputs needs a submit button', () => {
    expect(inModal(modal([input({ type: 'plain_text_input' })]))).toEqual([
      '/view: missing required field: submit (a view with input blocks needs it)',
    ]);
  });

  it.each<[string, unknown, string]>([
    [
      'a title of 25',
      modal([], { title: plain('x'.repeat(25)) }),
      '/view/title/text: must be less than 25 characters',
    ],
    ['no title', { type: 'modal', blocks: [] }, '/view: missing required field: title'],
    [
      'metadata of 3001',
      modal([], { private_metadata: 'x'.repeat(3001) }),
      '/view/private_metadata: must be less than 3001 characters',
    ],
    [
      '101 blocks',
      modal(Array.from({ length: 101 }, () => ({ type: 'divider' }))),
      '/view/blocks: no more than 100 items allowed',
    ],
    [
      'a markdown block',
      modal([{ type: 'markdown', text: 'x' }]),
      '/view/blocks/0/type: unsupported type: markdown',
    ],
    [
      '101 options',
      modal([input(select(101))], { submit: plain('Go') }),
      '/view/blocks/0/element/options: no more than 100 items allowed',
    ],
    [
      'a choice that is not offered',
      modal([input(select(2, 'v9'))], { submit: plain('Go') }),
      '/view/blocks/0/element: initial option must match an option in the options',
    ],
    [
      'a choice that is offered in other words',
      modal([input({ ...select(2), initial_option: { ...option('v0'), text: plain('else') } })], {
        submit: plain('Go'),
      }),
      '/view/blocks/0/element: initial option must match an option in the options',
    ],
    [
      'a field that holds more than it takes',
      modal([input({ type: 'plain_text_input', initial_value: 'xxx', max_length: 2 })], {
        submit: plain('Go'),
      }),
      '/view/blocks/0/element: initial_value must not be longer than max_length',
    ],
    [
      'half of a character',
      modal([{ type: 'section', text: plain('x\ud83c') }]),
      '/view/blocks/0/text/text: must be valid Unicode',
    ],
    [
      'a menu without options',
      modal([input({ type: 'static_select' })], { submit: plain('Go') }),
      '/view/blocks/0/element: exactly one of options or option_groups is required',
    ],
    [
      'a button as input',
      modal([input(button())], { submit: plain('Go') }),
      '/view/blocks/0/element/type: unsupported type: button',
    ],
    [
      'an unknown kind',
      { ...modal([]), type: 'dialog' },
      '/view/type: must be a valid enum value [modal, home]',
    ],
  ])('with %s is refused', (_what, view, line) => {
    expect(inModal(view)).toEqual([line]);
  });

  it('is no larger than 250 kB', () => {
    const blocks = Array.from({ length: 100 }, () => ({ type: 'section', text: plain('x'.repeat(2999)) }));
    expect(inModal(modal(blocks))).toEqual(['/view: view_too_large']);
  });
});
