import { PatchStrategy, setHeaderOptions, type V1ConfigMap } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Anchor } from '../../domain/audit/anchor.ts';
import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { AnchorPlace } from '../../ports/audit-anchors.ts';
import { type Connection, type ConnectionOptions, connect } from './connection.ts';
import { ask, type Call } from './errors.ts';
import { FIELD_MANAGER } from './ownership.ts';

const ANNOTATION = 'kastellan.io/audit-anchors';
// The first one says since when; all annotations of an object together take 256 KiB.
const MAX_ANCHORS = 100;
// All processes anchor at about the same time.
const MAX_TRIES = 5;
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

const anchorsSchema = z.array(z.object({ sequence: z.int().min(1), hash: z.string(), at: z.string() }));

/**
 * An annotation of a ConfigMap that is there: Kastellan may read and patch just this one. It holds the first anchor and the
 * newest ones.
 * What it returns throws KastellanError `kubernetes.*`, `audit.anchors-unreadable`.
 */
export function createConfigMapAnchors(
  options: ConnectionOptions & { readonly namespace: string; readonly name: string },
): AnchorPlace {
  const { namespace, name } = options;
  let connection: Connection | undefined;
  const core = () => {
    connection ??= connect(options);
    return connection.core;
  };
  const call = (verb: string): Call => ({ verb, resource: 'configmaps', name, namespace });
  const find = () => ask(call('get'), () => core().readNamespacedConfigMap({ name, namespace }));
  const add = async (anchor: Anchor) => {
    const found = await find();
    const anchors = anchorsOf(found);
    // Another process was faster.
    if ((anchors.at(-1)?.sequence ?? 0) >= anchor.sequence) return;
    const [first, ...others] = [...anchors, anchor];
    const kept = [first, ...others.slice(-(MAX_ANCHORS - 1))];
    // Of two processes that read the same, one is refused: no anchor is lost.
    const resourceVersion = found.metadata?.resourceVersion;
    const body = { metadata: { resourceVersion, annotations: { [ANNOTATION]: JSON.stringify(kept) } } };
    await ask(call('patch'), () =>
      core().patchNamespacedConfigMap({ name, namespace, body, fieldManager: FIELD_MANAGER }, MERGE),
    );
  };
  return {
    name: `ConfigMap ${namespace}/${name}`,
    read: async () => anchorsOf(await find()),
    async write(anchor) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await add(anchor);
        } catch (thrown) {
          if (asKastellanError(thrown).code !== 'kubernetes.conflict' || tries === MAX_TRIES) throw thrown;
        }
      }
    },
  };
}

function anchorsOf({ metadata }: V1ConfigMap) {
  const text = metadata?.annotations?.[ANNOTATION];
  if (text === undefined) return [];
  try {
    return anchorsSchema.parse(JSON.parse(text));
  } catch {
    throw new KastellanError({
      code: 'audit.anchors-unreadable',
      message: `The annotation ${ANNOTATION} of the ConfigMap ${metadata?.namespace}/${metadata?.name} cannot be read.`,
      hint: 'Keep a copy, find out who changed it, then remove the annotation: anchoring begins anew.',
    });
  }
}
