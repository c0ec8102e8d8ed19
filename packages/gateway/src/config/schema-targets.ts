import type { Protocol } from '@sallyport/core';
import { z } from 'zod';
import { filePath, label, listenAddress, name, peerAddress } from './schema-parts.ts';

const credentials = z.strictObject({
  username: z.string().min(1).optional().describe('The account that the gateway uses at the target.'),
  password: z.string().min(1).optional().describe('`${env:NAME}` or `${file:PATH}`.'),
  token: z
    .string()
    .min(1)
    .optional()
    .describe('HTTP: an API key or access token, instead of a user name and password: `${env:NAME}` or `${file:PATH}`.'),
  header: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header')
    .optional()
    .describe('HTTP: the header that the token goes in, such as `x-api-key`. Without it: `Authorization: Bearer`.'),
  certificate: z.string().min(1).optional().describe('Client certificate (PEM): `${env:NAME}` or `${file:PATH}`.'),
  key: z.string().min(1).optional().describe("The certificate's key (PEM): `${env:NAME}` or `${file:PATH}`."),
});

/** The keys that targets of every protocol have. */
export const commonTarget = z.strictObject({
  protocol: z.string().describe('How clients and target speak.'),
  listen: listenAddress
    .optional()
    .describe(
      "Where clients connect. Without it: 127.0.0.1 and the protocol's own port plus 10000. Targets with the same address share it; there, `name@target` picks one.",
    ),
  address: peerAddress.describe("Where the target is: `host:port`, or `host` for the protocol's own port."),
  tls: z
    .enum(['disable', 'require', 'verify-full'])
    .default('verify-full')
    .describe("TLS towards the target. Only `verify-full` checks the target's name and certificate."),
  ca: filePath.optional().describe("PEM file of the CA that `verify-full` trusts instead of the system's."),
  credentials: credentials.default({}).describe('How the gateway signs in. Clients never see them.'),
  labels: z.record(label, label).default({}).describe('What rules can select targets by.'),
  results: z
    .enum(['full', 'digest', 'none'])
    .optional()
    .describe('How results are recorded; a rule can say otherwise. Without it: as under `recording`.'),
});

/** The schema of a protocol's own keys. Seam 1 keeps it opaque, since core has no dependencies. */
export function optionsSchema(protocol: Protocol): z.ZodObject {
  return protocol.targetSchema as z.ZodObject;
}

/** All keys of one protocol's targets. */
function targetSchema(protocol: Protocol): typeof commonTarget {
  const common = commonTarget.extend({ protocol: z.literal(protocol.name).describe(commonTarget.shape.protocol.description ?? '') });
  return common.extend(optionsSchema(protocol).shape) as unknown as typeof commonTarget;
}

/** `targets`, by name. The protocol says which keys there are. */
export function targetsSchema(protocols: readonly Protocol[]): z.ZodRecord<typeof name, typeof commonTarget> {
  const options = protocols.map(targetSchema) as unknown as [z.core.$ZodTypeDiscriminable];
  return z.record(name, z.discriminatedUnion('protocol', options)) as unknown as z.ZodRecord<typeof name, typeof commonTarget>;
}
