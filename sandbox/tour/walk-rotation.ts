import { CAST, CHANNELS } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { keepSigningIn } from './busy-visitor.ts';
import { endedCard, newestCard } from './cards.ts';
import { type ClusterEyes, openEyes } from './cluster-eyes.ts';
import { signIn } from './k10-visitor.ts';
import { SlackUser, textOf } from './slack-user.ts';
import type { Transcript } from './transcript.ts';
import { notice, walkReminder } from './walk-reminder.ts';

// So long does the cluster wait for pods that are held, which is no time to keep people waiting for.
const SHORT_PATIENCE_S = 3;
const USUAL_PATIENCE_S = 600;

/**
 * Walks through the end of a client secret on a cluster that was set up: reminders, a rotation that one of them leads to
 * while somebody signs in all along, and another in which K10 does not come up.
 */
export async function walkRotation(sandbox: World, script: Transcript): Promise<void> {
  const walk = new RotationWalk(sandbox, script);
  const reminder = await walkReminder(sandbox, script, walk.endOfSecret());
  await walk.rotates(reminder);
  await walk.doesNotComeUp();
}

class RotationWalk {
  readonly #sandbox: World;
  readonly #script: Transcript;
  readonly #asker: SlackUser;
  readonly #approver: SlackUser;
  readonly #eyes: ClusterEyes;

  constructor(sandbox: World, script: Transcript) {
    this.#sandbox = sandbox;
    this.#script = script;
    this.#asker = new SlackUser(sandbox.slack, script, CAST.asker);
    this.#approver = new SlackUser(sandbox.slack, script, CAST.approver);
    this.#eyes = openEyes(sandbox.clusters[0].kubeconfig);
  }

  /** When the client secret in Entra ends, as ISO time. */
  endOfSecret(): string {
    return this.#secrets()[0]?.endDateTime ?? '';
  }

  async rotates(reminder: SlackMessage): Promise<void> {
    this.#script.chapter('Rotation: a new client secret, while somebody signs in all along');
    const [oldKey] = this.#keys();
    const before = await this.#eyes.changes();
    this.#script.does(CAST.asker.name, 'signs in to Kasten again and again');
    const stop = keepSigningIn(this.#sandbox.dashboard, CAST.asker);
    await this.#asker.presses(reminder, 'reminder.rotate', CHANNELS.notifications);
    const plan = await this.#planned();
    this.#script.reads('Everybody', textOf(plan));
    await this.#approver.presses(plan, 'request.approve');
    const done = await this.#ended(plan);
    this.#script.reads('Everybody', textOf(done));
    const signIns = await stop();
    this.#script.proves('the card says that it is done', /was rotated/.test(textOf(done)), textOf(done));
    this.#script.proves(
      `${signIns.done} sign-ins in between, none refused; K10 was starting ${signIns.away} times, and ${signIns.cut} had to begin again`,
      signIns.refused.length === 0 && signIns.done > 1,
      signIns,
    );
    const keys = this.#keys();
    this.#script.proves(
      'Entra has one client secret, a new one',
      keys.length === 1 && keys[0] !== oldKey,
      keys,
    );
    const inUse = await this.#keyInUse();
    this.#script.proves('it is the one that K10 reads', inUse === keys[0], inUse);
    const after = await this.#eyes.changes();
    const restarted = [...after].filter(([name, times]) => times !== before.get(name)).map(([name]) => name);
    const readers = await this.#eyes.readers();
    if (this.#sandbox.chart.takesReference)
      this.#script.proves(
        'just its readers were restarted',
        readers.length > 0 && restarted.toSorted().join() === readers.join(),
        { restarted, readers },
      );
    else
      this.#script.proves(
        'its readers were restarted, as is everything whose values an upgrade changes',
        readers.length > 0 && readers.every((reader) => restarted.includes(reader)),
        { restarted, readers },
      );
    await this.#proveNothingBeside();
    const replaced = await notice(this.#sandbox, /was replaced/);
    this.#script.reads('Everybody', textOf(replaced));
    this.#script.proves('the reminder says so, too', replaced.ts === reminder.ts, textOf(replaced));
  }

  async doesNotComeUp(): Promise<void> {
    this.#script.chapter('A rotation in which K10 does not come up');
    const [cluster] = this.#sandbox.clusters;
    const oldKeys = this.#keys();
    const plan = await this.#asksForOne();
    await this.#eyes.setPatience(SHORT_PATIENCE_S);
    this.#script.does('The cluster', 'lets no new pod become ready');
    await cluster.holdNewPods();
    await this.#approver.presses(plan, 'request.approve');
    const stopped = await this.#ended(plan);
    this.#script.reads('Everybody', textOf(stopped));
    this.#script.proves(
      'it stops, and says that the old secret is in place',
      /stopped at .*The old secret is in place again/.test(textOf(stopped)),
      textOf(stopped),
    );
    this.#script.proves('the old secret is the one K10 reads', (await this.#keyInUse()) === oldKeys[0]);
    await cluster.releasePods();
    await this.#eyes.setPatience(USUAL_PATIENCE_S);
    this.#script.does('The cluster', 'lets pods become ready again');
    const again = await keepSigningIn(this.#sandbox.dashboard, CAST.asker)();
    this.#script.proves('people sign in with the old secret', again.refused.length === 0, again);

    await this.#asker.presses(stopped, 'request.roll-back');
    const undone = await this.#ended(plan, /was rolled back/);
    this.#script.reads('Everybody', textOf(undone));
    const keys = this.#keys();
    this.#script.proves('Entra has the old secret and no other', keys.join() === oldKeys.join(), keys);
    await this.#proveNothingBeside();
    const visit = await signIn(this.#sandbox.dashboard, CAST.asker);
    this.#script.proves('and people sign in with it', visit.signedIn, visit);
  }

  async #asksForOne(): Promise<SlackMessage> {
    await this.#asker.types('rotate prod-eu');
    return this.#planned();
  }

  #planned(): Promise<SlackMessage> {
    return newestCard(this.#sandbox, 'a plan', /Rotation of the client secret.*Waits for/, 'request.approve');
  }

  #ended(card: SlackMessage, ends = /was rotated|stopped|needs a person/): Promise<SlackMessage> {
    return endedCard(this.#sandbox, card, ends);
  }

  /** The key IDs of the client secrets in Entra. */
  #keys(): string[] {
    return this.#secrets().map(({ keyId }) => keyId);
  }

  /** The key ID in Entra of the client secret that K10 reads. */
  async #keyInUse(): Promise<string | undefined> {
    const inUse = await this.#eyes.secretInUse();
    const { secretTexts } = this.#sandbox.entra.directory;
    return this.#keys().find((keyId) => secretTexts.get(keyId)?.text === inUse);
  }

  #secrets(): { keyId: string; endDateTime: string }[] {
    const application = this.#sandbox.entra.directory.findBy(
      'application',
      'uniqueName',
      'kastellan-prod-eu',
    );
    const secrets = application?.properties['passwordCredentials'];
    return Array.isArray(secrets) ? secrets : [];
  }

  async #proveNothingBeside(): Promise<void> {
    const names = (await this.#eyes.secretNames()).filter((name) => name.startsWith('kastellan'));
    this.#script.proves('no other Secret was left behind', names.join() === 'kastellan-k10-oidc', names);
  }
}
