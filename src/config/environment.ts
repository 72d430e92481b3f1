import { z } from 'zod';
import { Secret } from '../domain/secret.ts';

const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));

const ROLES = ['slack', 'worker', 'scheduler'] as const;
export type Role = (typeof ROLES)[number];

const roles = z
  .string()
  .default(ROLES.join(','))
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).min(1));

/** Everything Kastellan reads from its environment: secrets, and what differs from process to process. */
export const Environment = z
  .object({
    KASTELLAN_CONFIG: z.string().default('kastellan.yaml'),
    KASTELLAN_ROLES: roles,
    KASTELLAN_DATA_DIR: z.string().default('data'),
    KASTELLAN_REDIS_URL: z
      .string()
      .regex(
        /^rediss?(\+sentinel)?:\/\//,
        'has to begin with redis:// or rediss://, or redis+sentinel:// or rediss+sentinel://',
      )
      .transform((value) => new Secret(value))
      .optional(),
    KASTELLAN_HELM: z.string().default('helm'),
    KASTELLAN_HOST: z.string().default('127.0.0.1'),
    /** Port of the health endpoints. */
    KASTELLAN_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(8081),
    /** Port on which Slack's signed requests are taken where no app token is set. */
    KASTELLAN_HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
    /** The commit that an image was built from; set when it is built. */
    KASTELLAN_COMMIT: z.string().default('unknown'),
    KASTELLAN_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    /** Base address of an OTLP/HTTP receiver: traces are sent there. */
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({ protocol: /^https?$/, error: 'has to be an http or https address' })
      .optional(),
    /** Read by OpenTelemetry's own exporter; named here because it may hold a secret. */
    OTEL_EXPORTER_OTLP_HEADERS: secret.optional(),
    OTEL_SERVICE_NAME: z.string().default('kastellan'),
    SLACK_BOT_TOKEN: secret,
    SLACK_APP_TOKEN: secret.optional(),
    SLACK_SIGNING_SECRET: secret.optional(),
    AZURE_TENANT_ID: z.string().optional(),
    AZURE_CLIENT_ID: z.string().optional(),
    AZURE_CLIENT_SECRET: secret.optional(),
    AZURE_CLIENT_CERTIFICATE_PATH: z.string().optional(),
    AZURE_FEDERATED_TOKEN_FILE: z.string().optional(),
    KUBECONFIG: z.string().optional(),
    KUBERNETES_SERVICE_HOST: z.string().optional(),
    KUBERNETES_SERVICE_PORT: z.string().default('443'),
    /** What Helm needs of the environment, and nothing else of it. */
    PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
    HTTPS_PROXY: z.string().optional(),
    NO_PROXY: z.string().optional(),
    SSL_CERT_FILE: z.string().optional(),
  })
  .refine((env) => env?.SLACK_APP_TOKEN !== undefined || env?.SLACK_SIGNING_SECRET !== undefined, {
    // Also beside other mistakes: people want to mend them all at once.
    when: () => true,
    path: ['SLACK_APP_TOKEN'],
    message: 'is missing: set it for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP',
  });

export type Environment = z.output<typeof Environment>;
