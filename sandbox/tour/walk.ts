import { CAST } from '../cast.ts';
import type { SlackMessage } from '../slack/emulator.ts';
import type { World } from '../world.ts';
import { endedCard, newestCard } from './cards.ts';
import { type ClusterEyes, openEyes } from './cluster-eyes.ts';
import { type SignInResult, signIn } from './k10-visitor.ts';
import { SlackUser, textOf } from './slack-user.ts';
import type { Transcript } from './transcript.ts';

const BINDING = 'kastellan-admin-k10-admin';

/**
 * Walks through everything set-up promises, as the people of the sandbox, and looks at the world from outside of
 * Kastellan after each part.
 */
export async function walkSetup(sandbox: World, script: Transcript): Promise<void> {
  const walk = new Walk(sandbox, script);
  await walk.wrongInput();
  await walk.setUp();
  await walk.signIns();
  await walk.again();
  await walk.drift();
  await walk.questions();
}

class Walk {
  readonly #sandbox: World;
  readonly #script: Transcript;
  readonly #asker: SlackUser;
  readonly #approver: SlackUser;
  readonly #outsider: SlackUser;
  readonly #eyes: ClusterEyes;

  constructor(sandbox: World, script: Transcript) {
    this.#sandbox = sandbox;
    this.#script = script;
    const user = (member: (typeof CAST)[keyof typeof CAST]) => new SlackUser(sandbox.slack, script, member);
    this.#asker = user(CAST.asker);
    this.#approver = user(CAST.approver);
    this.#outsider = user(CAST.outsider);
    this.#eyes = openEyes(sandbox.clusters[0].kubeconfig);
  }

  async wrongInput(): Promise<void> {
    this.#script.chapter('Wrong input is shown at its field, and nothing happens');
    const view = await this.#asker.opensForm('setup');
    const errors = await this.#asker.submits(view, {
      dashboardUrl: 'http://k10.example.com/elsewhere',
      secretLifetimeDays: 'for ever',
    });
    const fields = Object.keys(errors).toSorted();
    this.#script.proves(
      'both mistakes are at their fields',
      fields.join() === 'dashboardUrl,secretLifetimeDays',
      fields,
    );
    this.#script.proves('Entra was not written to', this.#entraWrites().length === 0, this.#entraWrites());
    await this.#sandbox.slack.control.closeView(CAST.asker.slackId, view.id);
  }

  async setUp(): Promise<void> {
    this.#script.chapter('Set-up: asked for, planned, approved, applied, proved');
    const view = await this.#asker.opensForm('setup');
    await this.#asker.submits(view, { 'members:admin': [CAST.asker.slackId, CAST.secondApprover.slackId] });
    const plan = await this.#card('a plan', /Approve|approve/, 'request.approve');
    this.#script.reads('Everybody', textOf(plan));
    this.#script.proves(
      'nothing was written before the approval',
      this.#entraWrites().length === 0,
      this.#entraWrites(),
    );

    await this.#outsider.presses(plan, 'request.approve');
    await this.#outsider.readsPrivately('a refusal', /Only .* can decide/);
    await this.#asker.presses(plan, 'request.approve');
    await this.#asker.readsPrivately('a refusal', /You asked for this yourself/);
    await this.#approver.presses(plan, 'request.approve');

    const done = await this.#ended(plan);
    this.#script.reads('Everybody', textOf(done));
    await this.#asker.readsPrivately('the result', /signs in through Entra/);
    this.#script.proves(
      'the card says that it is done',
      /signs in through Entra/.test(textOf(done)),
      textOf(done),
    );

    await this.#proveObjects();
  }

  async signIns(): Promise<void> {
    this.#script.chapter('Signing in at K10, with a second factor');
    const member = await this.#signsIn('asker');
    this.#script.proves('a member of the group signs in', member.signedIn, member);
    if (member.signedIn) {
      const { user, groups, rights } = member.who;
      this.#script.does(CAST.asker.name, `is ${user}, in ${groups.join(', ')}`);
      this.#script.proves('the user name has its prefix', user?.startsWith('kasten_azure_') ?? false, user);
      this.#script.proves(
        'the group has its prefix',
        groups.some((name) => name.startsWith('kasten_azure_')),
        groups,
      );
      this.#script.proves(
        'they may run backups and see the pods',
        rights['backup'] === true && rights['pods'] === true,
        rights,
      );
      await this.#proveRights(groups);
      this.#script.proves(
        'they answered a second factor',
        member.pages.some((page) => /code|factor|verify/i.test(page)),
        member.pages,
      );
    }
    const stranger = await this.#signsIn('outsider');
    const rights = stranger.signedIn ? Object.values(stranger.who.rights) : [];
    this.#script.proves('somebody outside of the group may do nothing', !rights.includes(true), stranger);
  }

  async again(): Promise<void> {
    this.#script.chapter('Set-up again finds nothing to do and writes nothing');
    const before = await this.#traces();
    const view = await this.#asker.opensForm('setup');
    await this.#asker.submits(view, { 'members:admin': [CAST.asker.slackId, CAST.secondApprover.slackId] });
    const card = await this.#card('that there is nothing to do', /[Nn]othing to (do|change)/);
    this.#script.reads('Everybody', textOf(card));
    const after = await this.#traces();
    const written = [
      ...after.filter((line) => !before.includes(line)),
      ...before.filter((line) => !after.includes(line)),
    ];
    this.#script.proves('0 writes to Entra, Helm and Kubernetes', written.length === 0, written);
  }

  async drift(): Promise<void> {
    this.#script.chapter('Somebody changes something by hand');
    const wasThere = await this.#eyes.hasBinding(BINDING);
    this.#script.does('Somebody', `deletes the ClusterRoleBinding ${BINDING}`);
    this.#script.proves('it was there', wasThere);
    await this.#eyes.deleteBinding(BINDING);
    await this.#outsider.types('status');
    const status = await this.#outsider.readsPrivately('the status', /prod-eu/);
    this.#script.proves('status shows the drift', /drift|differ|changed|missing/i.test(status), status);

    const view = await this.#asker.opensForm('setup');
    await this.#asker.submits(view, { 'members:admin': [CAST.asker.slackId, CAST.secondApprover.slackId] });
    const plan = await this.#card('a plan', /./, 'request.approve');
    this.#script.reads('Everybody', textOf(plan));
    const [before] = [this.#sandbox.entra.requestLog.length];
    await this.#approver.presses(plan, 'request.approve');
    const done = await this.#ended(plan);
    this.#script.proves('it is mended', /signs in through Entra/.test(textOf(done)), textOf(done));
    this.#script.proves('the binding is back', await this.#eyes.hasBinding(BINDING));
    const wrote = this.#entraWrites().filter(
      (request) => this.#sandbox.entra.requestLog.indexOf(request) >= before,
    );
    this.#script.proves('Entra was left alone', wrote.length === 0, wrote);
  }

  async questions(): Promise<void> {
    this.#script.chapter('Questions');
    await this.#outsider.types('');
    await this.#outsider.readsPrivately('help', /\/kasten setup/);
    await this.#outsider.types('stauts');
    await this.#outsider.readsPrivately('the nearest command', /[Dd]id you mean/);
    await this.#outsider.types('audit verify');
    await this.#outsider.readsPrivately('that this is for operators', /operator/i);
    await this.#approver.types('audit verify');
    const verified = await this.#approver.readsPrivately('the state of the audit log', /entries|intact/i);
    this.#script.proves(
      'the audit chain is intact',
      /intact|complete|unbroken|nothing/i.test(verified),
      verified,
    );
    await this.#approver.types('doctor');
    const doctor = await this.#approver.readsPrivately('the findings', /Graph|good|well|in order|fine/);
    this.#script.proves('the doctor finds nothing bad', !/\bbad\b/i.test(doctor), doctor);
  }

  async #signsIn(who: 'asker' | 'outsider'): Promise<SignInResult> {
    this.#script.does(CAST[who].name, 'opens the dashboard and signs in to Entra');
    return signIn(this.#sandbox.dashboard, CAST[who]);
  }

  #card(what: string, matches: RegExp, action?: string): Promise<SlackMessage> {
    return newestCard(this.#sandbox, what, matches, action);
  }

  #ended(card: SlackMessage): Promise<SlackMessage> {
    return endedCard(this.#sandbox, card, /signs in through Entra|stopped|needs/);
  }

  async #proveObjects(): Promise<void> {
    const { entra } = this.#sandbox;
    const applications = entra.requestLog.filter(
      ({ method, url, status }) => method !== 'GET' && /addPassword/.test(url) && status < 300,
    );
    this.#script.proves('exactly one client secret was made', applications.length === 1, applications);
    const secrets = await this.#eyes.secretNames();
    this.#script.proves(
      'the client secret is in its Kubernetes Secret',
      secrets.includes('kastellan-k10-oidc'),
      secrets,
    );
    const texts = [...entra.directory.secretTexts.values()].map(({ text }) => text);
    const traffic = JSON.stringify(this.#sandbox.slack.traffic.entries);
    this.#script.proves(
      'no client secret went through Slack',
      texts.length > 0 && !texts.some((text) => traffic.includes(text)),
    );
  }

  async #proveRights(groups: readonly string[]): Promise<void> {
    const group = groups.find((name) => name.startsWith('kasten_azure_')) ?? '';
    const deeds = await this.#eyes.deedsOfRoles();
    const refused = await this.#eyes.refusedTo(group, deeds);
    this.#script.proves(
      'the cluster grants the group all that k10-admin and k10-ns-admin hold',
      group !== '' && deeds.length > 0 && refused.length === 0,
      { group, refused },
    );
    const strange = await this.#eyes.refusedTo('kasten_azure_somebody-else', deeds);
    this.#script.proves(
      'and grants another group none of it',
      strange.length === deeds.length,
      deeds.filter((deed) => !strange.includes(deed)),
    );
  }

  #entraWrites() {
    return this.#sandbox.entra.requestLog.filter(
      ({ method, url }) => method !== 'GET' && url.startsWith('/v1.0'),
    );
  }

  /** Traces of all that was written to Entra and to the cluster, which is where Helm keeps its records, too. */
  async #traces(): Promise<string[]> {
    const entra = this.#entraWrites().map(({ method, url }, index) => `${index} ${method} ${url}`);
    return [...entra, ...(await this.#sandbox.clusters[0].traces())];
  }
}
