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
  /** The same two for SSH clients and the demo's host, where OpenSSH's server is installed. */
  readonly ssh?: number;
  readonly sshd?: number;
  /** The same two for HTTP clients and the shop's API, and for what stands in for a language model. */
  readonly http: number;
  readonly shopApi: number;
  readonly model: number;
  readonly modelServer: number;
  /** Where the gateway is a forward proxy, and the parcel service that clients reach through it. */
  readonly forward: number;
  readonly parcels: number;
}

/** What stands in the file of the demo's host. */
export interface HostParticulars {
  readonly account: string;
  readonly hostKey: string;
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
MARIADBSSH  shop-api:
    protocol: http
    listen: 127.0.0.1:0             # curl, SDKs, git: with a gateway token as bearer or password
    address: 127.0.0.1:0
    tls: disable
    credentials:
      username: gateway
      password: "\${file:./api.key}"
    labels: { env: demo }
  shop-model:
    protocol: http
    listen: 127.0.0.1:0             # speaks OpenAI's and Anthropic's APIs
    address: 127.0.0.1:0
    tls: disable
    llm: true
    credentials: { token: "\${file:./api.key}" }
    labels: { env: demo }
  shop-parcels:
    protocol: http
    listen: 127.0.0.1:0             # a forward proxy: HTTPS_PROXY=http://alice:TOKEN@127.0.0.1:PORT
    address: localhost:0            # the host that clients may ask it for; every other one is refused
    forward: true                   # TLS ends here, by the CA that \`sallyport ca forward\` prints
    ca: ./parcels/keys/ca.pem       # the service's own; a public one needs none
    credentials: { token: "\${file:./api.key}" }
    labels: { env: demo }

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
  - name: shells and files
    match: { protocol: ssh, verb: [SHELL, SFTP], groups: [developers] }
    action: allow
  - name: restarts need a DBA
    match: { protocol: ssh, command: ["*restart*", "*reboot*"] }
    action: hold
    approval: { groups: [dba], timeout: 10m }
  - name: agents look and touch nothing
    match: { protocol: ssh, kind: agent }
    unless: { command: [uptime, "df -h", "tail /var/log/shop*"] }
    action: deny
    message: agents only look around here
  - name: customers are not deleted over HTTP
    match: { protocol: http, verb: DELETE }
    action: deny
    message: ask the shop team
  - name: orders are changed with a DBA
    match: { protocol: http, verb: PUT, paths: ["/orders/*"] }
    action: hold
    approval: { groups: [dba], timeout: 10m }
  - name: main is the release
    match: { verb: ["REF *"], refs: [refs/heads/main] }
    action: deny
    message: open a pull request

masking:
  - { name: card numbers, columns: ["public.customers.card_number", "calls.callers.card_number"], method: partial }
  - { name: phone numbers, columns: ["*.phone"], method: partial, unless: { groups: [support] } }
  - { name: e-mail addresses, columns: ["*.email"], method: hash, unless: { groups: [support] } }   # equal ones stay equal
  - { name: support notes, columns: ["public.customers.notes"], method: redact }
  - { name: tax numbers, columns: ["*.tax_id"], method: token, domain: tax }                          # WHERE and JOIN take them
  - { name: people in answers, fields: ["$..email", "$..phone"], method: partial, unless: { groups: [support] } }
  - { name: cards in answers, fields: ["$..card_number"], method: partial }
  - { name: people whom a model names, detect: [email], targets: [shop-model], method: redact }
  - { name: secrets in prompts, detect: [aws-key, private-key], targets: [shop-model], method: redact, requests: true }
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

/** Stands in the file only where OpenSSH's server is installed. */
const SSH_TARGET = `  shop-host:
    protocol: ssh
    listen: 127.0.0.1:0             # ssh -p PORT alice@127.0.0.1
    address: 127.0.0.1:0
    host_keys: ["HOSTKEY"]          # no other host is let in
    credentials:
      username: ACCOUNT
      key: "\${file:./ssh/gateway}"
    labels: { env: demo }
`;

/** Which line of the file holds which port. The first target is PostgreSQL. */
const PORT_LINES: Readonly<Record<keyof DemoPorts, RegExp>> = {
  admin: /^(admin: \{ listen: 127\.0\.0\.1:)\d+/m,
  postgres: /^( +listen: 127\.0\.0\.1:)\d+/m,
  database: /^( +address: 127\.0\.0\.1:)\d+/m,
  mysql: /^( +protocol: mysql\n +listen: 127\.0\.0\.1:)\d+/m,
  ssh: /^( +protocol: ssh\n +listen: 127\.0\.0\.1:)\d+/m,
  sshd: /^( +protocol: ssh\n.*\n +address: 127\.0\.0\.1:)\d+/m,
  http: /^( +shop-api:\n.*\n +listen: 127\.0\.0\.1:)\d+/m,
  shopApi: /^( +shop-api:\n.*\n.*\n +address: 127\.0\.0\.1:)\d+/m,
  model: /^( +shop-model:\n.*\n +listen: 127\.0\.0\.1:)\d+/m,
  modelServer: /^( +shop-model:\n.*\n.*\n +address: 127\.0\.0\.1:)\d+/m,
  forward: /^( +shop-parcels:\n.*\n +listen: 127\.0\.0\.1:)\d+/m,
  parcels: /^( +shop-parcels:\n.*\n.*\n +address: localhost:)\d+/m,
  mariadb: /^( +protocol: mysql\n.*\n +address: 127\.0\.0\.1:)\d+/m,
};

/** The demo's configuration: the one that lies there with these ports, or a fresh one. */
export function demoConfiguration(existing: string | undefined, ports: DemoPorts, host?: HostParticulars): string {
  let text = existing ?? fresh(ports, host);
  for (const [name, line] of Object.entries(PORT_LINES) as [keyof DemoPorts, RegExp][]) {
    const port = ports[name];
    if (port !== undefined) text = text.replace(line, (_, before: string) => `${before}${port}`);
  }
  return text;
}

function fresh(ports: DemoPorts, host: HostParticulars | undefined): string {
  const ssh = host && SSH_TARGET.replace('HOSTKEY', () => host.hostKey).replace('ACCOUNT', () => host.account);
  return TEMPLATE.replace('MARIADBSSH', () => `${ports.mariadb === undefined ? '' : MARIADB_TARGET}${ssh ?? ''}`);
}

/** Writes `file` so that it names these ports, and keeps whatever else stands in it. */
export async function writeDemoConfiguration(file: string, ports: DemoPorts, host?: HostParticulars): Promise<void> {
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  await writeFile(file, demoConfiguration(existing, ports, host));
  await chmod(file, 0o600);
}
