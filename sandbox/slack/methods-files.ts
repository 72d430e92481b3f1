import { isJson, type Json, jsonList, text } from './json.ts';
import { decoded, type Method, missing, no, ok } from './method.ts';
import { type World, writablePlace } from './world.ts';

/** Where a file may be shown: conversations only, never a person's ID. */
const CONVERSATION = /^[CGDZ][A-Z0-9]{8,}$/;

/** `files.*`: what an app uploads. https://docs.slack.dev/reference/methods/files.completeUploadExternal */
export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { scopes: ['files:write'], run: getUploadUrl },
  'files.completeUploadExternal': { scopes: ['files:write'], run: completeUpload },
};

async function getUploadUrl(args: Json, world: World): Promise<Json> {
  const filename = text(args['filename']);
  const length = Number(args['length']);
  if (filename === '') return missing('filename');
  if (!Number.isInteger(length) || length < 1) return missing('length');
  const given = await world.emulator.call('files.getUploadURLExternal', { filename, length });
  if (given['ok'] !== true) return given;
  const fileId = text(given['file_id']);
  const path = world.uploads.expect({ fileId, length, emulatorUrl: text(given['upload_url']) });
  return ok({ upload_url: world.url + path, file_id: fileId });
}

async function completeUpload(args: Json, world: World): Promise<Json> {
  const files = jsonList(decoded(args['files'])).filter(isJson);
  if (files.length === 0) return missing('files');
  if (files.some((file) => world.uploads.find(text(file['id']))?.uploaded !== true))
    return no('file_not_found');
  const channel = args['channel_id'];
  if (channel === undefined) return world.emulator.call('files.completeUploadExternal', { files });
  if (!CONVERSATION.test(text(channel))) {
    const pattern = `[ERROR] input must match regex pattern: ${CONVERSATION.source} [json-pointer:/channel_id]`;
    return no('invalid_arguments', [pattern]);
  }
  const place = await writablePlace(world, channel);
  if (!place.ok) return no(place.error);
  return world.emulator.call('files.completeUploadExternal', {
    files,
    channel_id: place.id,
    ...(args['initial_comment'] === undefined ? {} : { initial_comment: args['initial_comment'] }),
  });
}
