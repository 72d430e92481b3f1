import { randomUUID } from 'node:crypto';

/** A file that an app uploads, from the address it was given to the place where it is shown. */
export interface Upload {
  /** What Slack calls the file. */
  fileId: string;
  /** Bytes the app announced. */
  length: number;
  /** Where local-slack takes the bytes. */
  emulatorUrl: string;
  uploaded: boolean;
}

/** Files on their way in. https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
export class Uploads {
  readonly #byTicket = new Map<string, Upload>();

  /** Keeps an upload; gives the path under which its bytes are taken. */
  expect(upload: Omit<Upload, 'uploaded'>): string {
    const ticket = randomUUID().replaceAll('-', '');
    this.#byTicket.set(ticket, { ...upload, uploaded: false });
    return `/upload/v1/${ticket}`;
  }

  at(ticket: string): Upload | undefined {
    return this.#byTicket.get(ticket);
  }

  find(fileId: string): Upload | undefined {
    return [...this.#byTicket.values()].find((upload) => upload.fileId === fileId);
  }
}
