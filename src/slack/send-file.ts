import type { Front } from './front.ts';

/** A file for one person. */
export interface PersonalFile {
  readonly filename: string;
  readonly title: string;
  /** Markup; what is said with it. */
  readonly comment: string;
  readonly content: string;
}

/** Sends somebody a file directly. */
export async function sendFile(
  { client }: Pick<Front, 'client'>,
  user: string,
  { filename, title, comment, content }: PersonalFile,
): Promise<void> {
  // Files go to conversations only, not to people by their id.
  const { channel } = await client.conversations.open({ users: user });
  await client.files.uploadV2({
    channel_id: channel?.id ?? '',
    filename,
    title,
    initial_comment: comment,
    content,
  });
}
