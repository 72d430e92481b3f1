import type { FastifyInstance } from 'fastify';
import { SlackControl } from './control.ts';
import { HttpDelivery } from './delivery.ts';
import { startEmulator } from './emulator.ts';
import { Faults } from './faults.ts';
import { createFront } from './front.ts';
import { defaultKnobs, type SlackKnobs, type SlackOptions, settleApp } from './options.ts';
import { ResponseUrls } from './response-urls.ts';
import { SocketMode } from './socket-mode.ts';
import { Traffic } from './traffic.ts';
import { Triggers } from './triggers.ts';
import { Uploads } from './uploads.ts';
import { Views } from './views.ts';
import type { World } from './world.ts';

/** A running sandbox Slack. */
export interface SlackSandbox {
  /** The page; `?as=<user ID>` chooses who the visitor is. */
  url: string;
  /** For `slackApiUrl`: ends in `/api/`. */
  apiUrl: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  control: SlackControl;
  traffic: Traffic;
  knobs: SlackKnobs;
  close(): Promise<void>;
}

/**
 * Starts a Slack on 127.0.0.1: local-slack for the page and the messages, and before it a front that is
 * as strict as the real one. Throws when the port is taken or local-slack does not start.
 */
export async function startSlack(options: SlackOptions): Promise<SlackSandbox> {
  const app = settleApp(options.app);
  const knobs: SlackKnobs = { ...defaultKnobs(), ...options.knobs };
  const traffic = new Traffic();
  const team = {
    id: options.workspace?.id ?? 'T0SANDBOX',
    name: options.workspace?.name ?? 'Sandbox',
    domain: options.workspace?.domain ?? 'sandbox',
  };
  const sockets = new SocketMode(app, knobs, traffic);
  const world: World = {
    url: '',
    team,
    app,
    people: options.people,
    channels: options.channels.map((channel) => ({ ...channel, members: [...channel.members] })),
    userGroups: (options.userGroups ?? []).map((group) => ({ ...group })),
    knobs,
    traffic,
    emulator: await startEmulator(options, app),
    triggers: new Triggers(knobs),
    responseUrls: new ResponseUrls(knobs),
    views: new Views(team.id, app),
    uploads: new Uploads(),
    sockets,
    delivery: app.mode === 'socket' ? sockets : new HttpDelivery(app, knobs, traffic),
  };
  const faults = new Faults();
  const front = await openFront(world, faults, options.port ?? 0);
  return {
    url: `${world.url}/`,
    apiUrl: `${world.url}/api/`,
    botToken: app.botToken,
    appToken: app.appToken,
    signingSecret: app.signingSecret,
    control: new SlackControl(world, faults),
    traffic,
    knobs,
    close: async () => {
      await sockets.close();
      await front.close();
      await world.emulator.close();
    },
  };
}

/** Opens the address; whatever prevents it, local-slack does not stay behind. */
async function openFront(world: World, faults: Faults, port: number): Promise<FastifyInstance> {
  try {
    const front = await createFront(world, faults);
    world.url = await front.listen({ host: '127.0.0.1', port });
    return front;
  } catch (error) {
    await world.emulator.close();
    throw error;
  }
}
