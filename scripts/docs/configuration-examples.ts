/** An example for each section of the configuration reference. Together they are a file that loads: a test sees to it. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  data_dir: 'data_dir: ./.sallyport\n',
  admin: 'admin: { listen: 127.0.0.1:8420 }\n',
  tls: `tls: { names: [gateway.example.com] }     # or: { cert: ./gateway.pem, key: ./gateway.key }
`,
  forward_ca: 'forward_ca: { cert: ./forward-ca.pem, key: ./forward-ca.key }\n',
  identity: `identity:
  users:
    alice: { groups: [developers] }
    olga: { groups: [oncall] }
    dana: { groups: [dba, leads] }
    sue: { groups: [support] }
    copilot: { kind: agent, groups: [agents] }
`,
  targets: `targets:
  shop-db:
    protocol: postgres
    listen: 127.0.0.1:15432
    address: db.internal:5432
    tls: verify-full
    database: shop
    credentials: { username: app, password: "\${env:SHOP_DB_PASSWORD}" }
    labels: { env: prod, team: payments }
  calls-db:
    protocol: mysql                         # MariaDB too
    listen: 127.0.0.1:13306
    address: calls.internal:3306
    tls: verify-full
    database: calls
    databases: [calls_archive]
    credentials: { username: app, password: "\${env:CALLS_DB_PASSWORD}" }
`,
  access: `access:
  - { groups: [developers, agents], targets: ["shop-*"] }
  - { groups: [oncall], labels: { env: prod }, approval: { groups: [leads], for: 1h } }
`,
  defaults: 'defaults: { person: [read, write, session], agent: [read, session] }\n',
  rules: `rules:
  - name: schema changes need a DBA
    match: { class: [ddl, privilege] }
    action: hold
    approval: { groups: [dba], timeout: 10m }
  - name: no unfiltered deletes by agents
    match: { kind: agent, unfiltered: true }
    action: deny
    message: add a WHERE clause
  - name: payments are read by people only   # shadow mode: see what it would stop, then enforce it
    match: { kind: agent, relations: ["payments.*"] }
    action: deny
    enforce: false
`,
  masking: `masking:
  - { name: card numbers, columns: ["public.customers.card_number"], method: partial }
  - { name: contact data, columns: ["*.email", "*.phone"], method: token, domain: contact, unless: { groups: [support] } }
  - { name: secrets anywhere, detect: [aws-key, github-token, jwt, private-key], method: redact }
  - { name: house ids, pattern: "HX-[0-9]{8}", method: redact }
  - { name: customers over HTTP, fields: ["$.customers[*].email", "$..card"], method: partial }
  - { name: keys in prompts, detect: [api-key, aws-key, github-token], requests: true, method: redact }
`,
  recording: 'recording: { durability: strict, results: full, keep: 90d }\n',
};
