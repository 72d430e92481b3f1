import type { JsonObject } from '../../sandbox/kubernetes/json.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { Walk } from './walk.ts';

/** An Argo CD that keeps the sandbox's K10. */
export const ARGO = {
  path: '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications',
  object: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'kasten', namespace: 'argocd' },
    spec: {
      destination: { namespace: 'kasten-io', server: 'https://kubernetes.default.svc' },
      source: { chart: 'k10', helm: { releaseName: 'k10' } },
    },
  },
};
/** What somebody with all rights does in the first cluster. */
export async function asSomebody(
  { sandbox }: Walk,
  method: 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<void> {
  const { url, userToken } = sandbox.kubernetes;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${userToken('somebody', ['system:masters'])}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  sandbox.kubernetes.requestLog.clear();
}

/** What stands in the card's block of code, as a person copies it. */
export function codeOf(card: SlackMessage): string {
  const texts = (card.blocks ?? []).map((block) =>
    String((block['text'] as JsonObject | undefined)?.['text']),
  );
  const code = texts.map((text) => /```\n([\s\S]*)\n```/.exec(text)?.[1]).find((text) => text !== undefined);
  return (code ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Values with others laid over them, key by key. */
export function merged(into: JsonObject, from: JsonObject): JsonObject {
  const both = Object.entries(from).map(([key, value]) => {
    const before = into[key];
    const deeper =
      typeof value === 'object' && typeof before === 'object' && before !== null && value !== null;
    return [key, deeper ? merged(before as JsonObject, value as JsonObject) : value];
  });
  return { ...into, ...Object.fromEntries(both) };
}
