import protobuf from 'protobufjs';
import { isObject, type JsonObject } from './json.ts';
import { StatusError } from './status-error.ts';

/**
 * The messages that Go clients send in protobuf although the server would take JSON. Field numbers from
 * https://github.com/kubernetes/api/blob/master/core/v1/generated.proto and .../meta/v1/generated.proto.
 */
const messages = protobuf.parse(
  `syntax = "proto3";
  message TypeMeta { string apiVersion = 1; string kind = 2; }
  message Unknown { TypeMeta typeMeta = 1; bytes raw = 2; }
  message ObjectMeta {
    string name = 1; string generateName = 2; string namespace = 3; string uid = 5; string resourceVersion = 6;
    map<string, string> labels = 11; map<string, string> annotations = 12; repeated string finalizers = 14;
  }
  message Secret {
    ObjectMeta metadata = 1; map<string, bytes> data = 2; string type = 3; map<string, string> stringData = 4;
  }
  message ConfigMap { ObjectMeta metadata = 1; map<string, string> data = 2; map<string, bytes> binaryData = 3; }
  message Preconditions { string uid = 1; string resourceVersion = 2; }
  message DeleteOptions {
    int64 gracePeriodSeconds = 1; Preconditions preconditions = 2; bool orphanDependents = 3;
    string propagationPolicy = 4; repeated string dryRun = 5;
  }
  message ResourceAttributes {
    string namespace = 1; string verb = 2; string group = 3; string version = 4; string resource = 5;
    string subresource = 6; string name = 7;
  }
  message NonResourceAttributes { string path = 1; string verb = 2; }
  message AccessReviewSpec {
    ResourceAttributes resourceAttributes = 1; NonResourceAttributes nonResourceAttributes = 2; string user = 3;
    repeated string groups = 4;
  }
  message SubjectAccessReview { ObjectMeta metadata = 1; AccessReviewSpec spec = 2; }
  message SelfSubjectAccessReview { ObjectMeta metadata = 1; AccessReviewSpec spec = 2; }
  message RulesReviewSpec { string namespace = 1; }
  message SelfSubjectRulesReview { ObjectMeta metadata = 1; RulesReviewSpec spec = 2; }
  message SelfSubjectReview { ObjectMeta metadata = 1; }
  message TokenRequestSpec { repeated string audiences = 1; int64 expirationSeconds = 4; }
  message TokenRequest { ObjectMeta metadata = 1; TokenRequestSpec spec = 2; }`,
  { keepCase: true },
).root;

const magic = Buffer.from('k8s\0', 'latin1');

/**
 * The JSON form of a body in `application/vnd.kubernetes.protobuf`.
 * @throws StatusError 415 for a kind that this decoder does not know, 400 for anything that is not such a body.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) {
    throw new StatusError(400, 'BadRequest', 'provided data does not appear to be a protobuf message');
  }
  const envelope = decode('Unknown', body.subarray(4));
  const type = isObject(envelope['typeMeta']) ? envelope['typeMeta'] : {};
  const kind = String(type['kind']);
  if (!(kind in (messages.nested ?? {}))) {
    throw new StatusError(415, 'UnsupportedMediaType', `the sandbox reads no protobuf of kind ${kind}`);
  }
  const raw = Buffer.from(String(envelope['raw'] ?? ''), 'base64');
  return { apiVersion: type['apiVersion'], kind, ...decode(kind, raw) };
}

/** Bytes come out as base64 text, just as they stand in JSON; absent and empty fields are left out. */
function decode(name: string, bytes: Uint8Array): JsonObject {
  const type = messages.lookupType(name);
  const object = type.toObject(type.decode(bytes), { bytes: String, longs: Number });
  return withoutEmpty(object);
}

/** Go writes fields without a value too; only in maps does an empty text mean something. */
function withoutEmpty(object: JsonObject): JsonObject {
  const entries = Object.entries(object).filter(([, value]) => value !== '');
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      isObject(value) && !mapFields.includes(key) ? withoutEmpty(value) : value,
    ]),
  );
}

const mapFields = ['data', 'stringData', 'binaryData', 'labels', 'annotations'];
