import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { CAST } from '../../sandbox/cast.ts';
import { Album } from './support/album.ts';
import type { SlackPage } from './support/slack-page.ts';
import { openStage, type Stage } from './support/stage.ts';
import { textOf } from './support/text.ts';

const { asker, approver } = CAST;
const PATIENCE = { timeout: 300_000 };

const album = new Album();
let stage: Stage;
let slack: SlackPage;
let card: Locator;

beforeAll(async () => {
  stage = await openStage({ clusters: ['prod-eu', 'prod-us', 'lab'], rolloutDelayMs: 5 }, (sandbox) =>
    // A power cut in the laboratory.
    sandbox.clusters.at(-1)?.kubernetes.faults.add({ match: {}, drop: true }),
  );
  slack = stage.slack;
});

afterAll(() => stage?.close());

// One walk in the order of its steps: each begins where the one before has ended.
describe('In a browser, several clusters', () => {
  it('are named in the command, and the form asks for nothing that each has of its own', async () => {
    await slack.enter('general');
    await slack.types('/kasten setup prod-eu prod-us lab');
    await slack.form.root.getByText('holds for each of these 3').waitFor();
    expect(await slack.form.value('Entra group for admin')).toBe('Kasten Users ({cluster})');
    expect(await textOf(slack.form.root)).not.toContain('Address of the K10 dashboard');
    await slack.form.ticks('First members of admin', asker.name);
    await album.keepForm('batch-form', slack.form.root);
    await slack.form.sends();
    await slack.form.isGone();
  });

  it('have one card with the plans of all, and one decision', async () => {
    await slack.enter('kasten-approvals');
    const plan = slack.message('Set-up of Kasten sign-in on 3 clusters');
    await plan.getByText('Approve', { exact: true }).waitFor(PATIENCE);
    card = await slack.follow(plan);
    expect(await textOf(card)).toMatch(/prod-eu, prod-us: Entra create \d+/);
    await album.keepMessage('batch-plan', card);
    await slack.actAs(approver);
    await slack.presses(card, 'Full diff');
    await slack.form.root.getByText('group Kasten Users (prod-us)').waitFor();
    await slack.form.closes();
  });

  it('end on that card, with how many sign in and why one does not', async () => {
    await slack.presses(card, 'Approve');
    await card.getByText('2 of 3 clusters sign in through Entra now').waitFor(PATIENCE);
    expect(await textOf(card)).toMatch(/lab: left untouched: /);
    await album.keepMessage('batch-end', card);
  });

  it('have their own cards in the thread', async () => {
    const thread = await slack.opensThread(card);
    for (const name of ['prod-eu', 'prod-us'])
      await thread.getByText(`Kasten on ${name} now signs in through Entra`).waitFor(PATIENCE);
  });

  it('are one table in the status, with the one that needs somebody first', async () => {
    await slack.enter('general');
    await slack.types('/kasten status');
    const table = slack.privateMessage('prod-us');
    await table.waitFor(PATIENCE);
    expect(await textOf(table)).toMatch(/lab.*prod-eu.*prod-us/s);
    await album.keepMessage('status-all', table);
  });
});
