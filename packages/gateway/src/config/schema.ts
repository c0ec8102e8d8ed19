import type { Protocol } from '@sallyport/core';
import { z } from 'zod';
import { DAY_MS, duration, filePath, label, listenAddress, name, oneOrMore } from './schema-parts.ts';
import { access, defaults, masking, rules } from './schema-rules.ts';
import { targetsSchema } from './schema-targets.ts';

const sshKey = z.string().regex(/^(?:ssh|ecdsa|sk)-\S+ \S+/, 'must be a public key as in authorized_keys');

const user = z.strictObject({
  kind: z.enum(['person', 'agent']).default('person').describe('An agent has its own defaults and never approves.'),
  groups: oneOrMore(label).default([]).describe('What access, rules and approvals go by.'),
  ssh_keys: oneOrMore(sshKey)
    .default([])
    .describe('Public keys that sign the user in over SSH: Ed25519, ECDSA, or RSA of 2048 bits and more.'),
});

const oidc = z.strictObject({
  issuer: z
    .string()
    .regex(
      /^https:\/\/[^\s?#]+$|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/[^\s?#]*)?$/,
      'must be an https URL, exactly as its tokens name it',
    )
    .describe('URL of the OpenID Connect provider.'),
  client_id: label.describe('What the provider knows the gateway as.'),
  audience: label.optional().describe('Whom its tokens must be meant for. Default: `client_id`.'),
  user_claim: label.default('email').describe("The claim that is a person's name here."),
  groups_claim: label.default('groups').describe('The claim that lists the groups.'),
});

const tls = z.strictObject({
  names: oneOrMore(label)
    .optional()
    .describe(
      "DNS names and IP addresses that the gateway's own CA puts into the certificate, besides localhost, 127.0.0.1, ::1 and the host name.",
    ),
  cert: filePath.optional().describe("A certificate of your own with its chain (PEM file), instead of the gateway's CA."),
  key: filePath.optional().describe('Its key (PEM file).'),
});

const forwardCa = z
  .strictObject({
    cert: filePath.describe('Certificate of an intermediate CA (PEM file), RSA, with the chain below the root that clients trust.'),
    key: filePath.describe('Its key (PEM file).'),
  })
  .describe(
    "A company's own CA for targets with `forward: true`. Without it the gateway makes one that is good for their hosts alone (`sallyport ca forward`).",
  );

const recording = z.strictObject({
  durability: z
    .enum(['strict', 'fast'])
    .default('strict')
    .describe(
      '`strict`: a command is on disk before it goes to the target. `fast`: it is written, which survives the death of the gateway, not of the machine.',
    ),
  results: z.enum(['full', 'digest', 'none']).default('full').describe('How results are recorded, always as the client saw them.'),
  keep: duration(36_500 * DAY_MS)
    .optional()
    .describe('How long recordings are kept: `sessions prune` removes what is older.'),
});

/** The configuration file. Transforms nothing but defaults, so that it is also the JSON Schema. */
export function fileSchema(protocols: readonly Protocol[]) {
  return z
    .strictObject({
      data_dir: filePath.default('./.sallyport').describe("Folder of recordings, keys and the gateway's own CA; made with mode 0700."),
      admin: z
        .strictObject({ listen: listenAddress.default('127.0.0.1:8420').describe('Address of the HTTP API; on the loopback interface.') })
        .prefault({})
        .describe('The API behind the command line and the console.'),
      tls: tls.prefault({}).describe('The certificate that clients see.'),
      forward_ca: forwardCa.optional(),
      identity: z
        .strictObject({
          oidc: oidc.optional().describe('Lets people sign in with a JWT of an identity provider as the password, inside TLS.'),
          ssh_cas: oneOrMore(sshKey)
            .default([])
            .describe('CAs whose SSH user certificates sign in the users that they name as principals; public keys as in authorized_keys.'),
          users: z.record(name, user).default({}).describe('People and agents, by name.'),
        })
        .prefault({})
        .describe('Who may sign in.'),
      targets: targetsSchema(protocols).describe('What stands behind the gateway, by name.'),
      access: access.default([]).describe('Who may connect where. Nothing listed, nobody in. Keys of an entry are all of.'),
      defaults: defaults
        .prefault({})
        .describe('Classes of commands that pass with no rule: read, write, session, ddl, privilege, admin, unknown.'),
      rules: rules.default([]).describe('What happens to commands.'),
      masking: masking.default([]).describe('What clients do not see. Each rule has `columns`, `detect`, `pattern` or `fields`.'),
      recording: recording.prefault({}).describe('How evidence is kept.'),
      demo: z.boolean().default(false).describe('Lets secrets stand in this file as they are. For trying out only.'),
    })
    .describe('Sallyport configuration');
}

/** A file that has the right shape, with defaults filled in. */
export type FileContent = z.output<ReturnType<typeof fileSchema>>;
