import { type JsonObject, listAt, objectAt, stringAt, stringsAt } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { RunningContainer, RunningVolume, VolumeFiles } from './pod-runtime.ts';
import type { ObjectStore } from './store.ts';

/** Something a pod needs before it can start is not there; worded as the kubelet does. */
export class MissingInput extends Error {
  readonly reason: 'FailedMount' | 'CreateContainerConfigError';

  constructor(reason: 'FailedMount' | 'CreateContainerConfigError', message: string) {
    super(message);
    this.name = 'MissingInput';
    this.reason = reason;
  }
}

type Source = 'secret' | 'configMap';

/** Reads Secrets and ConfigMaps as the kubelet of a pod's node would. */
export class PodInputs {
  readonly #store: ObjectStore;
  readonly #pod: KubeObject;
  readonly #namespace: string;

  constructor(store: ObjectStore, pod: KubeObject) {
    this.#store = store;
    this.#pod = pod;
    this.#namespace = pod.metadata.namespace ?? '';
  }

  /** @throws MissingInput for a Secret, ConfigMap or key that is not there and not optional. */
  volumes(): Record<string, RunningVolume> {
    const all = listAt(this.#pod, 'spec', 'volumes').map((volume) => this.#volume(volume));
    return Object.fromEntries(all.map((volume) => [volume.name, volume]));
  }

  /** @throws MissingInput as `volumes`. */
  containers(): RunningContainer[] {
    return listAt(this.#pod, 'spec', 'containers').map((container) => ({
      name: stringAt(container, 'name'),
      image: stringAt(container, 'image'),
      command: stringsAt(container, 'command'),
      args: stringsAt(container, 'args'),
      environment: this.#environment(container),
      mounts: listAt(container, 'volumeMounts').map((mount) => ({
        path: stringAt(mount, 'mountPath'),
        volume: stringAt(mount, 'name'),
        subPath: stringAt(mount, 'subPath'),
      })),
      ports: Object.fromEntries(
        listAt(container, 'ports').map((port) => {
          const number = Number(objectAt({ port }, 'port')['containerPort']);
          return [stringAt(port, 'name') || String(number), number];
        }),
      ),
    }));
  }

  #volume(volume: unknown): RunningVolume {
    const name = stringAt(volume, 'name');
    const secret = stringAt(volume, 'secret', 'secretName');
    if (secret) return this.#fromObject(name, 'secret', secret, objectAt(volume, 'secret'));
    const configMap = stringAt(volume, 'configMap', 'name');
    if (configMap) return this.#fromObject(name, 'configMap', configMap, objectAt(volume, 'configMap'));
    const projected = listAt(volume, 'projected', 'sources');
    const files = projected.map((source) => this.#projected(name, source));
    const source = projected.length > 0 ? 'projected' : 'other';
    return { name, source, sourceName: '', files: Object.assign({}, ...files) as VolumeFiles };
  }

  #projected(volume: string, source: unknown): VolumeFiles {
    for (const kind of ['secret', 'configMap'] as const) {
      const name = stringAt(source, kind, 'name');
      if (name) return this.#fromObject(volume, kind, name, objectAt(source, kind)).files;
    }
    return {};
  }

  #fromObject(name: string, source: Source, sourceName: string, options: JsonObject): RunningVolume {
    const data = this.#data(source, sourceName);
    const fail = (why: string) =>
      new MissingInput('FailedMount', `MountVolume.SetUp failed for volume "${name}" : ${why}`);
    const optional = options['optional'] === true;
    if (!data && !optional) throw fail(`${source.toLowerCase()} "${sourceName}" not found`);
    const items = listAt(options, 'items');
    if (items.length === 0) return { name, source, sourceName, files: data ?? {} };
    const files: VolumeFiles = {};
    for (const item of items) {
      const content = data?.[stringAt(item, 'key')];
      if (content) files[stringAt(item, 'path')] = content;
      else if (!optional) throw fail(`references non-existent ${source} key: ${stringAt(item, 'key')}`);
    }
    return { name, source, sourceName, files };
  }

  #data(source: Source, name: string): VolumeFiles | undefined {
    const object = this.#store.get(source === 'secret' ? 'secrets' : 'configmaps', this.#namespace, name);
    if (!object) return undefined;
    const encoding = source === 'secret' ? 'base64' : 'utf8';
    const entries = Object.entries(object.data ?? {}).map(([key, text]) => [
      key,
      Buffer.from(text, encoding),
    ]);
    return Object.fromEntries(entries) as VolumeFiles;
  }

  #environment(container: unknown): Record<string, string> {
    const all: Record<string, string> = {};
    for (const from of listAt(container, 'envFrom')) Object.assign(all, this.#wholeObject(from));
    for (const variable of listAt(container, 'env')) {
      const value = this.#variable(variable, all);
      if (value !== undefined) all[stringAt(variable, 'name')] = value;
    }
    return all;
  }

  #wholeObject(from: unknown): Record<string, string> {
    const source = stringAt(from, 'secretRef', 'name') ? 'secret' : 'configMap';
    const reference = objectAt(from, `${source}Ref`);
    const data = this.#data(source, stringAt(reference, 'name'));
    if (!data && reference['optional'] !== true) throw this.#missing(source, stringAt(reference, 'name'));
    const prefix = stringAt(from, 'prefix');
    return Object.fromEntries(
      Object.entries(data ?? {}).map(([key, value]) => [prefix + key, value.toString('utf8')]),
    );
  }

  #variable(variable: unknown, before: Record<string, string>): string | undefined {
    const field = stringAt(variable, 'valueFrom', 'fieldRef', 'fieldPath');
    if (field) return this.#field(field);
    for (const source of ['secret', 'configMap'] as const) {
      const reference = objectAt(variable, 'valueFrom', `${source}KeyRef`);
      const name = stringAt(reference, 'name');
      if (!name) continue;
      const data = this.#data(source, name);
      const value = data?.[stringAt(reference, 'key')];
      if (value || reference['optional'] === true) return value?.toString('utf8');
      if (!data) throw this.#missing(source, name);
      const kind = source === 'secret' ? 'Secret' : 'ConfigMap';
      const message = `couldn't find key ${stringAt(reference, 'key')} in ${kind} ${this.#namespace}/${name}`;
      throw new MissingInput('CreateContainerConfigError', message);
    }
    return stringAt(variable, 'value').replace(
      /\$\(([^)]+)\)/g,
      (text, name: string) => before[name] ?? text,
    );
  }

  #missing(source: Source, name: string): MissingInput {
    return new MissingInput('CreateContainerConfigError', `${source.toLowerCase()} "${name}" not found`);
  }

  #field(path: string): string {
    const key = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
    if (key) return stringAt(this.#pod, 'metadata', key[1] ?? '', key[2] ?? '');
    return stringAt(this.#pod, ...path.split('.'));
  }
}
