import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { CAST } from '../../sandbox/cast.ts';
import { Album } from './support/album.ts';
import { EntraPages } from './support/entra-pages.ts';
import type { SlackPage } from './support/slack-page.ts';
import { openStage, type Stage } from './support/stage.ts';
import { textOf } from './support/text.ts';

const { asker, approver, secondApprover, outsider, onCall } = CAST;
const DASHBOARD = 'Address of the K10 dashboard';
const DAYS = 'Days until the client secret ends';
const FOUND = 'What did you find?';
const PATIENCE = { timeout: 300_000 };
/** As many companies have it: a second account for what ordinary ones may not. */
const ADMIN_ACCOUNT = {
  displayName: 'Dan Outsider, administrator',
  userPrincipalName: 'adm-dan@contoso.example',
  password: 'sandbox-adm-dan',
  mfaCode: '223606',
};

const album = new Album();
let stage: Stage;
let slack: SlackPage;
let card: Locator;
let tab: Page;

beforeAll(async () => {
  // Slow enough to be watched, as the real ones are.
  stage = await openStage({
    secretAcceptedAfterMs: 3_000,
    rolloutDelayMs: 2_500,
    adjust: { entra: (tenant) => ({ ...tenant, people: [...(tenant.people ?? []), ADMIN_ACCOUNT] }) },
  });
  slack = stage.slack;
});

afterAll(() => stage?.close());

// One walk in the order of its steps: each begins where the one before has ended.
describe('In a browser', () => {
  it('the form shows wrong input at its field', async () => {
    await slack.enter('general');
    await slack.types('/kasten setup');
    await slack.form.fills(DASHBOARD, 'http://k10.example.com/elsewhere');
    await slack.form.fills(DAYS, 'for ever');
    await slack.form.sends();
    expect(await slack.form.problemAt(DASHBOARD)).toContain('https://');
    expect(await slack.form.problemAt(DAYS)).toMatch(/number|days/);
    await slack.form.closes();
  });

  it('the advanced fields come with what the configuration proposes', async () => {
    await slack.types('/kasten setup');
    await slack.form.opens('Advanced');
    expect(await slack.form.value('Scopes')).toBe('openid email');
    expect(await slack.form.choice('What Entra asks at sign-in')).toBe('select_account');
    await slack.form.closes();
  });

  it('a form that is filled in leads to a plan in the approvals channel', async () => {
    await slack.types('/kasten setup');
    await slack.form.ticks('First members of admin', asker.name, secondApprover.name);
    await album.keepForm('form', slack.form.root);
    await slack.form.sends();
    await slack.form.isGone();
    await slack.privateMessage('is in #kasten-approvals').waitFor();

    await slack.enter('kasten-approvals');
    const plan = slack.message('Set-up of Kasten sign-in on prod-eu');
    await plan.getByText('Approve', { exact: true }).waitFor(PATIENCE);
    card = await slack.follow(plan);
    const text = await textOf(card);
    expect(text).toContain('+ 2 members in Kasten Users: Ada Asker, Cleo Approver');
    expect(text).toContain('+ ClusterRoleBinding for admin: Kasten Users -> k10-admin');
    expect(text).toContain('auth.tokenAuth.enabled: true -> false');
    await album.keepMessage('plan', card);
  });

  it('somebody who may not approve is told so, and nobody else sees it', async () => {
    await slack.actAs(outsider);
    await slack.presses(card, 'Approve');
    const refusal = slack.privateMessage('Only members of @kasten-approvers can decide on this');
    await refusal.waitFor();
    await album.keepWindow('refused', slack.page);
    await slack.actAs(approver);
    await refusal.waitFor({ state: 'detached' });
    await card.locator('.bk-button', { hasText: 'Approve' }).waitFor();
  });

  it('an approver reads every change before deciding', async () => {
    await slack.presses(card, 'Full diff');
    await slack.form.root.getByText('groupsInIdToken: true').waitFor();
    const text = await textOf(slack.form.root);
    expect(text).toContain('+ members: Ada Asker');
    expect(text).toContain('- auth.tokenAuth.enabled: true');
    expect(text).toContain('+ auth.tokenAuth.enabled: false');
    expect(text).toContain('(secret)');
    await album.keepForm('diff', slack.form.root);
    await slack.form.closes();
  });

  it('the approval turns the same card into the progress, then into what was done and proved', async () => {
    await slack.presses(card, 'Approve');
    await card.getByText(/running\s+Helm upgrade .* to go/).waitFor(PATIENCE);
    expect(await textOf(card)).toMatch(/done\s+Client secret · accepted by Entra/);
    await album.keepMessage('progress', card);

    await card.getByText('Kasten on prod-eu now signs in through Entra').waitFor(PATIENCE);
    const text = await textOf(card);
    expect(text).toContain('Proved just now:');
    expect(text).toContain('asked by @Ada Asker');
    expect(text).toContain('approved by @Ben Approver');
    expect(await card.locator('.msg-edited').count()).toBe(1);
    await album.keepMessage('done', card);
  });

  it('the thread keeps the details, line by line, and the asker is told directly', async () => {
    const thread = await slack.opensThread(card);
    await thread.getByText(/^done: Helm upgrade - revision 2$/m).waitFor();
    await slack.actAs(asker);
    await slack.readsDirectMessages();
    await slack.message('Kasten on prod-eu signs in through Entra now').waitFor();
    await slack.enter('kasten-approvals');
  });

  it('the link on the card leads through Entra, password and second factor', async () => {
    tab = await slack.follows(card, 'Sign in to Kasten');
    const entra = new EntraPages(tab);
    await entra.namesAccount(asker.email);
    await entra.typesPassword(asker.password);
    const code = await entra.authenticatorShows();
    await album.keepPart('entra-mfa', tab.locator('main'));
    await entra.typesCode(code);
    await tab.getByText('Signed in as').waitFor();
  });

  it('the dashboard shows the prefixed user and group, and what the cluster lets them do', async () => {
    expect(await textOf(tab.locator('#user'))).toMatch(/^kasten_azure_\S+/);
    const group = /^kasten_azure_[0-9a-f-]{36}$/;
    expect(await tab.locator('#groups li').allInnerTexts()).toEqual([expect.stringMatching(group)]);
    expect(await textOf(tab.locator('#may-backup'))).toBe('yes');
    expect(await textOf(tab.locator('#may-pods'))).toBe('yes');
    await album.keepPart('signed-in', tab.locator('main'));
  });

  it('status and help answer privately', async () => {
    await slack.page.bringToFront();
    await slack.enter('general');
    await slack.types('/kasten status');
    const status = slack.privateMessage('signs in through Entra');
    await status.waitFor(PATIENCE);
    const text = await textOf(status);
    expect(text).toContain('Kasten Users, 2 members: ');
    expect(text).toContain('Drift: none');
    await album.keepMessage('status', status);

    await slack.types('/kasten help');
    const help = slack.privateMessage('/kasten setup puts Entra sign-in with MFA in front of a Kasten');
    await help.waitFor();
    await album.keepMessage('help', help);
  });

  it('the form for access says what a level lets people do and who decides, and wants a reason', async () => {
    await slack.actAs(outsider);
    await slack.types('/kasten access');
    await slack.form.root.getByText('Everything in K10 · up to 8 h · needs 1 approval').waitFor();
    expect(await slack.form.choice('For whom')).toBe(outsider.name);
    await slack.form.fills('Reason', 'Restore shop-db from last night, ticket OPS-412');
    await album.keepForm('access-form', slack.form.root);
    await slack.form.sends();
    await slack.form.isGone();
    await slack.enter('kasten-approvals');
    const asked = slack.message('Access to Kasten prod-eu: admin for 1 h');
    await asked.getByText('Approve for less...').waitFor(PATIENCE);
    card = await slack.follow(asked);
    expect(await textOf(card)).toContain('Lets them do: Everything in K10.');
    await album.keepMessage('access-request', card);
  });

  it('the home tab has what waits for a decision, and is decided there', async () => {
    await slack.actAs(approver);
    const home = await slack.opensHome('Kastellan');
    await home.getByText('Waits for you').waitFor(PATIENCE);
    await home.getByText('prod-eu: signs in through Entra').waitFor(PATIENCE);
    await album.keepWindow('home', slack.page);
    await home.locator('.bk-button', { hasText: 'Approve' }).first().click();
    await home.getByText('Waits for you').waitFor({ state: 'detached', ...PATIENCE });
    await slack.enter('kasten-approvals');
    await card.getByText('checked in Entra').waitFor(PATIENCE);
  });

  it('/kasten grants lists what one has, when it ends, and how to give it back', async () => {
    await slack.actAs(outsider);
    await slack.enter('general');
    await slack.types('/kasten grants');
    const grants = slack.privateMessage('I am done');
    await grants.waitFor(PATIENCE);
    await album.keepMessage('grants', grants);
  });

  it('whoever has the access reads what to do now, and gives it back with one press', async () => {
    await slack.actAs(outsider);
    await slack.readsDirectMessages();
    const message = slack.message('You have admin on prod-eu until');
    await message.waitFor(PATIENCE);
    expect(await textOf(message)).toContain('Sign out of Kasten and in again now');
    await album.keepMessage('access-told', message);
    await slack.presses(message, 'I am done');
    await slack.enter('kasten-approvals');
    await card.getByText('removed from Kasten Users and checked in Entra').waitFor(PATIENCE);
    expect(await textOf(card)).toContain('was done');
    await album.keepMessage('access-ended', card);
  });

  it('/kasten break-glass gives access at once to those on the list, and everybody hears of it', async () => {
    await slack.actAs(onCall);
    await slack.enter('general');
    await slack.types('/kasten break-glass shop-db is down and nobody else is awake');
    const answer = slack.privateMessage('You are being given admin on prod-eu, without waiting for anybody');
    await answer.waitFor(PATIENCE);
    await album.keepMessage('break-glass', answer);
    await slack.enter('kasten-approvals');
    const taken = slack.message('Break-glass. Access given: admin on Kasten prod-eu');
    await taken.getByText('2 people still have to look and say so').waitFor(PATIENCE);
    card = await slack.follow(taken);
    expect(await textOf(card)).toContain('nobody was asked · checked in Entra');
    await album.keepMessage('break-glass-card', card);
    await slack.actAs(approver);
    await slack.readsDirectMessages();
    const told = slack.message(/@Eve Oncall (takes|took) admin on .* without asking/);
    await told.waitFor(PATIENCE);
    await album.keepMessage('break-glass-told', told);
  });

  it('two approvers look at it afterwards and say whether it was right', async () => {
    await slack.enter('kasten-approvals');
    await slack.presses(card, 'Look at it...');
    await slack.form.chooses('Was it right to take admin on prod-eu?', 'Yes, it was right');
    await slack.form.fills(FOUND, 'shop-db was down, the restore could not wait');
    await album.keepForm('break-glass-review', slack.form.root);
    await slack.form.sends();
    await slack.privateMessage('1 more person has to look').waitFor(PATIENCE);
    await slack.actAs(secondApprover);
    await slack.presses(card, 'Look at it...');
    await slack.form.chooses('Was it right to take admin on prod-eu?', 'Yes, it was right');
    await slack.form.fills(FOUND, 'I saw the alert later, and would have approved it');
    await slack.form.sends();
    await card.getByText('It was looked at by everybody who had to').waitFor(PATIENCE);
    await album.keepMessage('break-glass-reviewed', card);
  });

  it('/kasten revoke takes back what somebody has, and they read by whom and why', async () => {
    await slack.actAs(approver);
    await slack.enter('general');
    await slack.types('/kasten grants all');
    const grants = slack.privateMessage("Everybody's access: 1 grant now");
    await grants.waitFor(PATIENCE);
    expect(await textOf(grants)).toContain('Eve Oncall: admin on prod-eu');
    await album.keepMessage('grants-all', grants);
    await slack.types(`/kasten revoke @${onCall.handle} shop-db is back since this morning`);
    const revoked = slack.privateMessage(/@Eve Oncall loses 1 grant: admin on prod-eu.*They are told/);
    await revoked.waitFor(PATIENCE);
    await album.keepMessage('revoke', revoked);
    await slack.actAs(onCall);
    await slack.readsDirectMessages();
    const told = slack.message('Your access admin on prod-eu ended');
    await told.waitFor(PATIENCE);
    expect(await textOf(told)).toContain('shop-db is back since this morning');
    await album.keepMessage('revoke-told', told);
  });

  it('/kasten link says which Entra account somebody has, from then on', async () => {
    await slack.actAs(approver);
    await slack.enter('general');
    const { directory } = stage.sandbox.entra;
    const account = directory.findBy('user', 'userPrincipalName', ADMIN_ACCOUNT.userPrincipalName);
    await slack.types(`/kasten link @${outsider.handle} ${account?.id}`);
    const link = slack.privateMessage(`(${ADMIN_ACCOUNT.displayName}) from now on`);
    await link.waitFor(PATIENCE);
    await album.keepMessage('link', link);
  });

  it('/kasten audit with csv sends an operator the story as a file', async () => {
    await slack.types(`/kasten audit @${onCall.handle} csv`);
    const answer = slack.privateMessage('in a file that I sent you');
    await answer.waitFor(PATIENCE);
    await slack.readsDirectMessages();
    const file = slack.message('The audit log about');
    await file.waitFor(PATIENCE);
    await album.keepMessage('audit-csv', file);
  });

  it.each([
    ['help more', 'lists your access and when it ends', 'help-more'],
    ['doctor', 'checks are good', 'doctor'],
    ['who', 'Who can administer Kasten on prod-eu', 'who'],
    ['secrets', 'Ends, days left, what, which, use', 'secrets'],
    ['audit prod-eu', 'requests for access', 'audit'],
    ['audit verify', 'The audit log is intact', 'audit-verify'],
  ])('/kasten %s answers an operator privately', async (command, says, picture) => {
    await slack.actAs(approver);
    await slack.enter('general');
    await slack.types(`/kasten ${command}`);
    const answer = slack.privateMessage(says);
    await answer.waitFor(PATIENCE);
    await album.keepMessage(picture, answer);
  });

  it('a rotation is planned, approved, and says what was proved and removed', async () => {
    await slack.actAs(asker);
    await slack.enter('general');
    await slack.types('/kasten rotate');
    await slack.enter('kasten-approvals');
    const planned = slack.message('last, when the new one is proved');
    await planned.waitFor(PATIENCE);
    card = await slack.follow(planned);
    await album.keepMessage('rotation-plan', card);
    await slack.actAs(approver);
    await slack.presses(card, 'Approve');
    await card.getByText('Proved just now').waitFor(PATIENCE);
    await album.keepMessage('rotation-done', card);
  });

  it('the form for a tear-down asks what goes, and leaves the groups alone unless told', async () => {
    await slack.actAs(asker);
    await slack.enter('general');
    await slack.types('/kasten teardown');
    await slack.form.root.waitFor(PATIENCE);
    expect(await slack.form.root.locator('input[type=checkbox]:not(:checked)').count()).toBe(1);
    await album.keepForm('teardown-form', slack.form.root);
    await slack.form.closes();
  });
});
