import { load } from 'js-yaml';
import { isObject, type JsonObject } from './json.ts';
import { decodeProtobuf } from './protobuf.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

const protobufType = 'application/vnd.kubernetes.protobuf';

/** The media type of a Content-Type header, without parameters; JSON if there is none. */
export function mediaType(header: string | undefined): string {
  return (header ?? 'application/json').split(';', 1)[0]?.trim() || 'application/json';
}

/**
 * The object in the body of a POST, PUT or DELETE; an empty object without a body.
 * @throws StatusError 415 for a format that is not understood, 400 for a body that is broken.
 */
export function readObject(body: Buffer, contentType: string | undefined): JsonObject {
  if (body.length === 0) return {};
  const type = mediaType(contentType);
  if (type === protobufType) return decodeProtobuf(body);
  if (type !== 'application/json' && type !== 'application/yaml') {
    throw unsupportedMediaType(['application/json', 'application/yaml', protobufType]);
  }
  const value = parse(body, type);
  if (!isObject(value)) throw badRequest('the body of the request is not an object');
  return value;
}

/** The document in the body of a PATCH: JSON, or for server-side apply also YAML. */
export function readPatch(body: Buffer, type: string): unknown {
  return parse(body, type);
}

function parse(body: Buffer, type: string): unknown {
  const text = body.toString('utf8');
  try {
    return type.endsWith('yaml') && !text.trimStart().startsWith('{') ? load(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding the body: ${error instanceof Error ? error.name : 'unreadable'}`);
  }
}
