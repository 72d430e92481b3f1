import { z } from 'zod';
import { Secret } from '../domain/secret.ts';
import { path } from './values.ts';

const secret = z
  .string()
  .min(1)
  .meta({ title: 'secret' })
  .transform((value) => new Secret(value));

const MIN_KEY_BYTES = 32;

/** The bytes of the text are the key; its description says how to make one. */
const auditKey = z
  .string()
  .refine(
    (text) => Buffer.byteLength(text.trim()) >= MIN_KEY_BYTES,
    `is too short: a key has at least ${MIN_KEY_BYTES} bytes, as "openssl rand -base64 32" makes it`,
  )
  .transform((text) => new Secret(text.trim()));

const port = z.coerce.number().int().min(0).max(65535).meta({ title: 'port' });

const ROLES = ['slack', 'worker', 'scheduler'] as const;
export type Role = (typeof ROLES)[number];

const roles = z
  .string()
  .meta({ title: `${ROLES.map((role) => `\`${role}\``).join(', ')}, between commas` })
  .default(ROLES.join(','))
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).min(1));

/**
 * Everything Kastellan reads from its environment: secrets, and what differs from process to process. The descriptions
 * are its reference: after a change, `make reference` writes it anew.
 */
export const Environment = z
  .object({
    KASTELLAN_CONFIG: path.default('kastellan.yaml').describe('The file above.'),
    KASTELLAN_ROLES: roles.describe('What this process does. Any number of processes may have each role.'),
    KASTELLAN_DATA_DIR: path.default('data').describe("Folder for the private Redis and for Helm's files."),
    KASTELLAN_REDIS_URL: z
      .string()
      .regex(
        /^rediss?(\+(sentinel|cluster))?:\/\//,
        'has to begin with redis:// or rediss://, or with either and +sentinel or +cluster: redis+cluster://',
      )
      .meta({ title: 'secret address', examples: ['rediss://user:password@host:6380/0'] })
      .transform((value) => new Secret(value))
      .optional()
      .describe('Redis, in one of the forms below. Left out: Kastellan starts a private `redis-server`.'),
    KASTELLAN_AUDIT_KEY: auditKey
      .meta({ title: 'secret' })
      .optional()
      .describe(
        'Key of the audit log, at least 32 bytes, the same for all processes: `openssl rand -base64 32` makes one. Left out: the hashes of the log have no key.',
      ),
    KASTELLAN_AUDIT_OLD_KEYS: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(auditKey))
      .meta({ title: 'secrets, between commas' })
      .default([])
      .describe('Earlier keys of the audit log, which old entries are verified with.'),
    KASTELLAN_AUDIT_WEBHOOK_SECRET: secret
      .optional()
      .describe(
        'Signs what is sent to the webhook of `audit.anchors` and to `audit.sinks`, as [Standard Webhooks](https://www.standardwebhooks.com/) has it: `whsec_` and base64, or any text.',
      ),
    KASTELLAN_HELM: z.string().default('helm').describe('Name or path of Helm: 3.14 or later, or 4.'),
    KASTELLAN_HOST: z
      .string()
      .default('127.0.0.1')
      .describe('Where both ports below listen. In a pod: `0.0.0.0`.'),
    KASTELLAN_HEALTH_PORT: port.default(8081).describe('Of `/livez`, `/readyz` and `/metrics`.'),
    KASTELLAN_HTTP_PORT: port
      .default(8080)
      .describe("Where Slack's signed requests are taken, at `/slack/events`, if no app token is set."),
    KASTELLAN_COMMIT: z
      .string()
      .default('unknown')
      .describe('The commit that an image was built from; set when it is built.'),
    KASTELLAN_LOG_LEVEL: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('The least that is logged.'),
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({ protocol: /^https?$/, error: 'has to be an http or https address' })
      .optional()
      .meta({
        title: 'address',
        description: 'Base address of an OTLP/HTTP receiver. Left out: no traces are sent.',
        examples: ['http://collector:4318'],
      }),
    // Read by OpenTelemetry's own exporter; named here because it may hold a secret.
    OTEL_EXPORTER_OTLP_HEADERS: secret
      .optional()
      .describe(
        'Headers for it, as OpenTelemetry writes them. Its other variables (`OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_EXPORTER_OTLP_CERTIFICATE`) work, too.',
      ),
    OTEL_SERVICE_NAME: z.string().default('kastellan').describe('Name of the service in traces.'),
    SLACK_BOT_TOKEN: secret.describe("The app's bot token: `xoxb-...`"),
    SLACK_APP_TOKEN: secret
      .optional()
      .describe('App-level token, for Socket Mode: `xapp-...`. This or the next one is needed.'),
    SLACK_SIGNING_SECRET: secret.optional().describe('For signed HTTP, where no app token is set.'),
    AZURE_TENANT_ID: z
      .string()
      .optional()
      .describe("Tenant of Kastellan's own identity. Left out: `entra.tenantId`."),
    AZURE_CLIENT_ID: z
      .string()
      .optional()
      .describe(
        "Client ID of Kastellan's own identity. It may be left out only for a machine's own managed identity.",
      ),
    AZURE_FEDERATED_TOKEN_FILE: path.optional().describe('Workload identity; AKS sets it. Taken first.'),
    AZURE_CLIENT_CERTIFICATE_PATH: path
      .optional()
      .describe('PEM file with certificate and key. Taken second.'),
    AZURE_CLIENT_SECRET: secret
      .optional()
      .describe('Client secret. Taken third; without any of the three, managed identity is used.'),
    KUBECONFIG: path.optional().describe('Kubeconfig of clusters that name none: one path, no list.'),
    KUBERNETES_SERVICE_HOST: z.string().optional().describe('Kubernetes sets it in a pod.'),
    KUBERNETES_SERVICE_PORT: z.string().default('443').describe('Kubernetes sets it in a pod.'),
    PATH: z
      .string()
      .default('/usr/local/bin:/usr/bin:/bin')
      .describe('Where Helm, its credential plugins and `redis-server` are looked for.'),
    HTTPS_PROXY: z
      .string()
      .optional()
      .describe(
        'Handed on to Helm. Kastellan itself goes through it with `NODE_USE_ENV_PROXY=1`, which the chart sets with `proxy.url`.',
      ),
    NO_PROXY: z.string().optional().describe('What is reached without it. Handed on to Helm.'),
    SSL_CERT_FILE: path.optional().describe('Handed on to Helm.'),
    GOGC: z
      .string()
      .optional()
      .describe(
        'Handed on to Helm: how much memory it trades for processor time (400: a fifth less time, a third more memory).',
      ),
    GOMEMLIMIT: z
      .string()
      .optional()
      .describe('Handed on to Helm: the memory that one Helm keeps to where it can, such as `64MiB`.'),
  })
  .refine((env) => env?.SLACK_APP_TOKEN !== undefined || env?.SLACK_SIGNING_SECRET !== undefined, {
    // Also beside other mistakes: people want to mend them all at once.
    when: () => true,
    path: ['SLACK_APP_TOKEN'],
    message: 'is missing: set it for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP',
  });

export type Environment = z.output<typeof Environment>;
