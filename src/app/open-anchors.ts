import { createFileAnchors } from '../adapters/audit/file-anchors.ts';
import { createWebhookAnchors } from '../adapters/audit/webhook-anchors.ts';
import type { Settings } from '../config/load.ts';
import type { AnchorPlace } from '../ports/audit-anchors.ts';
import { accessOf } from './open-clusters.ts';
import { webhookAt } from './webhook-secret.ts';

/**
 * The places in which the audit log is anchored. The Kubernetes client is loaded only if one of them is a ConfigMap.
 * @throws KastellanError `config.invalid` if the webhook has no secret
 */
export async function openAnchors(settings: Settings): Promise<AnchorPlace[]> {
  const { configMap, file, webhook } = settings.configuration.audit.anchors;
  return [
    ...(configMap === undefined ? [] : [await configMapAnchors(settings, configMap)]),
    ...(file === undefined ? [] : [createFileAnchors(file)]),
    ...(webhook === undefined ? [] : [createWebhookAnchors(webhookAt(webhook, settings))]),
  ];
}

type ConfigMap = NonNullable<Settings['configuration']['audit']['anchors']['configMap']>;

async function configMapAnchors(settings: Settings, configMap: ConfigMap): Promise<AnchorPlace> {
  const { createConfigMapAnchors } = await import('../adapters/kubernetes/audit-anchors.ts');
  const { namespace, name } = configMap;
  return createConfigMapAnchors({ ...accessOf(configMap, settings), namespace, name });
}
