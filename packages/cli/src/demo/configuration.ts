import { chmod, readFile, writeFile } from 'node:fs/promises';

export interface DemoPorts {
  /** Where the gateway listens for PostgreSQL clients. */
  readonly postgres: number;
  readonly admin: number;
  /** Where the demo's own database listens. */
  readonly database: number;
  /** The same two for MySQL clients and the demo's MariaDB, where one is installed. */
  readonly mysql?: number;
  readonly mariadb?: number;
}

const TEMPLATE = `# The demo's gateway. Change it and send the demo a SIGHUP (kill -HUP $(cat .demo/gateway/sallyport.pid)),
# or stop and start it again: the file stays yours, only the port numbers are set anew at each start.

data_dir: ./gateway                 # the record, the keys, the CA
admin: { listen: 127.0.0.1:0 }      # the API that \`sallyport approvals\` and the like speak to

identity:
  users:                            # who there is; tokens are made with \`sallyport token create\`
    alice: { groups: [developers] }
    bob: { groups: [developers, support] }
    dana: { groups: [dba] }
    copilot: { kind: agent, groups: [agents] }

targets:
  shop-db:
    protocol: postgres
    listen: 127.0.0.1:0             # where clients connect
    address: 127.0.0.1:0            # where the database is
    tls: disable                    # over the network: verify-full
    database: shop
    credentials:                    # no client ever has these
      username: app
      password: "\${file:./database.password}"
    labels: { env: demo }
MARIADB
access:                             # nothing listed, nobody in
  - { groups: [developers, agents, dba], targets: ["shop-*"] }

defaults:                           # classes that pass with no rule
  person: [read, write, session]
  agent: [read, write, session]

rules:
  - name: schema changes need a DBA
    match: { protocol: [postgres, mysql], class: [ddl, privilege] }
    action: hold
    approval: { groups: [dba], timeout: 10m }
  - name: no unfiltered deletes by agents
    match: { kind: agent, unfiltered: true }
    action: deny
    message: add a WHERE clause

masking:
  - { name: card numbers, columns: ["public.customers.card_number", "calls.callers.card_number"], method: partial }
  - { name: phone numbers, columns: ["*.phone"], method: partial, unless: { groups: [support] } }
  - { name: e-mail addresses, columns: ["*.email"], method: hash, unless: { groups: [support] } }   # equal ones stay equal
  - { name: support notes, columns: ["public.customers.notes"], method: redact }
  - { name: tax numbers, columns: ["*.tax_id"], method: token, domain: tax }                          # WHERE and JOIN take them
  - { name: secrets anywhere, detect: [card, aws-key, url-password, jwt, private-key], method: redact }   # in any text

recording: { durability: strict, results: full, keep: 90d }
`;

/** Stands in the file only where MariaDB is installed. */
const MARIADB_TARGET = `  shop-calls:
    protocol: mysql
    listen: 127.0.0.1:0             # for the mysql client and every driver
    address: 127.0.0.1:0
    tls: disable
    database: calls
    credentials:
      username: app
      password: "\${file:./database.password}"
    labels: { env: demo }
`;

/** Which line of the file holds which port. The first target is PostgreSQL. */
const PORT_LINES: Readonly<Record<keyof DemoPorts, RegExp>> = {
  admin: /^(admin: \{ listen: 127\.0\.0\.1:)\d+/m,
  postgres: /^( +listen: 127\.0\.0\.1:)\d+/m,
  database: /^( +address: 127\.0\.0\.1:)\d+/m,
  mysql: /^( +protocol: mysql\n +listen: 127\.0\.0\.1:)\d+/m,
  mariadb: /^( +protocol: mysql\n.*\n +address: 127\.0\.0\.1:)\d+/m,
};

/** The demo's configuration: the one that lies there with these ports, or a fresh one. */
export function demoConfiguration(existing: string | undefined, ports: DemoPorts): string {
  let text = existing ?? TEMPLATE.replace('MARIADB\n', () => (ports.mariadb === undefined ? '\n' : `${MARIADB_TARGET}\n`));
  for (const [name, line] of Object.entries(PORT_LINES) as [keyof DemoPorts, RegExp][]) {
    const port = ports[name];
    if (port !== undefined) text = text.replace(line, (_, before: string) => `${before}${port}`);
  }
  return text;
}

/** Writes `file` so that it names these ports, and keeps whatever else stands in it. */
export async function writeDemoConfiguration(file: string, ports: DemoPorts): Promise<void> {
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  await writeFile(file, demoConfiguration(existing, ports));
  await chmod(file, 0o600);
}
