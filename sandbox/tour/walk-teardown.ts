import { isDeepStrictEqual } from 'node:util';
import { CAST } from '../cast.ts';
import type { Entry } from '../entra/directory.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { endedCard, newestCard } from './cards.ts';
import { type ClusterEyes, openEyes } from './cluster-eyes.ts';
import { signIn, signInByToken } from './k10-visitor.ts';
import { SlackUser, textOf } from './slack-user.ts';
import { differences, lookAround, type Surroundings } from './surroundings.ts';
import type { Transcript } from './transcript.ts';

const EVERYTHING = ['bindings', 'credential', 'application', 'groups'];

/**
 * Walks a cluster that was set up back to where it began: torn down with its groups left, set up again, and torn down
 * with everything.
 * @param bare what there was before the set-up
 */
export async function walkTeardown(sandbox: World, script: Transcript, bare: Surroundings): Promise<void> {
  const walk = new TeardownWalk(sandbox, script, bare);
  await walk.leavesGroups();
  await walk.setsUpAgain();
  await walk.removesEverything();
}

class TeardownWalk {
  readonly #sandbox: World;
  readonly #script: Transcript;
  readonly #bare: Surroundings;
  readonly #asker: SlackUser;
  readonly #approver: SlackUser;
  readonly #outsider: SlackUser;
  readonly #eyes: ClusterEyes;

  constructor(sandbox: World, script: Transcript, bare: Surroundings) {
    this.#sandbox = sandbox;
    this.#script = script;
    this.#bare = bare;
    const user = (member: (typeof CAST)[keyof typeof CAST]) => new SlackUser(sandbox.slack, script, member);
    this.#asker = user(CAST.asker);
    this.#approver = user(CAST.approver);
    this.#outsider = user(CAST.outsider);
    this.#eyes = openEyes(sandbox.clusters[0].kubeconfig);
  }

  async leavesGroups(): Promise<void> {
    const script = this.#script;
    script.chapter('Tear-down: K10 as before, and what was ticked goes; the groups stay');
    const members = membersOf(this.#groups());
    const before = await this.#look();
    const plan = await this.#plan({});
    script.proves(
      'nothing was changed before the approval',
      differences(before, await this.#look()).length === 0,
      differences(before, await this.#look()),
    );
    await this.#asker.presses(plan, 'request.approve');
    await this.#asker.readsPrivately('a refusal', /You asked for this yourself/);
    await this.#carriedOut(plan);
    const beside = await this.#beside();
    const left = this.#groups().map(({ properties, id }) => `+ group ${properties['displayName']} ${id}`);
    script.proves(
      'of all that was made only the groups are left, and nothing else is gone',
      left.length > 0 && isDeepStrictEqual(beside, left.toSorted()),
      beside,
    );
    const now = membersOf(this.#groups());
    script.proves('with the members they had', members.length > 1 && isDeepStrictEqual(now, members), now);
    await this.#outsider.types('status');
    await this.#outsider.readsPrivately(
      'that it is not set up',
      /does not sign in through Entra.*not set up/,
    );
  }

  async setsUpAgain(): Promise<void> {
    const script = this.#script;
    script.chapter('Set up again, with the groups that were left');
    const groups = this.#groups().map(({ id }) => id);
    const view = await this.#asker.opensForm('setup');
    await this.#asker.submits(view, { 'members:admin': [CAST.asker.slackId, CAST.secondApprover.slackId] });
    const plan = await newestCard(this.#sandbox, 'a plan', /Set-up/, 'request.approve');
    script.reads('Everybody', textOf(plan));
    await this.#approver.presses(plan, 'request.approve');
    const done = await endedCard(this.#sandbox, plan, /signs in through Entra|stopped|needs a person/);
    script.reads('Everybody', textOf(done));
    const now = this.#groups().map(({ id }) => id);
    script.proves('they are the same groups', isDeepStrictEqual(now, groups), now);
    script.does(CAST.asker.name, 'opens the dashboard and signs in to Entra');
    const visit = await signIn(this.#sandbox.dashboard, CAST.asker);
    script.proves(
      'people sign in through Entra again, with their rights',
      visit.signedIn && visit.who.rights['backup'] === true,
      visit,
    );
  }

  async removesEverything(): Promise<void> {
    this.#script.chapter('Tear-down of everything');
    await this.#carriedOut(await this.#plan({ remove: EVERYTHING }));
    const beside = await this.#beside();
    this.#script.proves(
      'Entra and the cluster have just what they had before the set-up',
      beside.length === 0,
      beside,
    );
  }

  async #plan(entries: { remove?: string[] }): Promise<SlackMessage> {
    const view = await this.#asker.opensForm('teardown prod-eu');
    await this.#asker.submits(view, entries);
    const plan = await newestCard(this.#sandbox, 'a plan', /Tear-down.*Waits for/, 'request.approve');
    this.#script.reads('Everybody', textOf(plan));
    return plan;
  }

  async #carriedOut(plan: SlackMessage): Promise<void> {
    const script = this.#script;
    await this.#approver.presses(plan, 'request.approve');
    const done = await endedCard(this.#sandbox, plan, /no longer signs in|stopped|needs a person/);
    script.reads('Everybody', textOf(done));
    script.proves('the card says that it is done', /no longer signs in/.test(textOf(done)), textOf(done));
    await this.#asker.readsPrivately('the result', /no longer signs people in/);
    script.does(CAST.asker.name, 'opens the dashboard, and then signs in with a token');
    const page = await this.#doorOf();
    script.proves('nobody is sent to Entra any more', /Paste a token/.test(page), page);
    const who = await signInByToken(this.#sandbox.dashboard, this.#eyes.token);
    script.proves('K10 takes a token, as before set-up', who?.mode === 'token', who);
    const values = await this.#eyes.releaseValues();
    script.proves(
      "the release has all of the user's values of before set-up, and no other",
      values.length > 2 && isDeepStrictEqual(values.at(-1), values[0]),
      values.at(-1),
    );
  }

  /** What the dashboard shows to somebody without a session, once it is there. */
  async #doorOf(): Promise<string> {
    const { dashboard } = this.#sandbox;
    for (;;) {
      const answer = await fetch(dashboard.url, { redirect: 'manual' });
      if (answer.status !== 503) return answer.headers.get('location') ?? (await answer.text());
    }
  }

  #look(): Promise<Surroundings> {
    return lookAround(this.#sandbox, this.#eyes);
  }

  async #beside(): Promise<string[]> {
    return differences(this.#bare, await this.#look());
  }

  #groups(): Entry[] {
    const groups = this.#sandbox.entra.directory.all('group');
    return groups.filter(({ properties }) => /^kastellan-/.test(String(properties['uniqueName'])));
  }
}

function membersOf(groups: readonly Entry[]): string[] {
  return groups.flatMap(({ id, members }) => [...members].map((member) => `${member} in ${id}`)).toSorted();
}
