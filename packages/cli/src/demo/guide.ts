import { relative } from 'node:path';
import colours from 'picocolors';
import type { DemoStack } from './stack.ts';
import { STORY } from './story.ts';

/** The lines to paste, in the order of the story. */
export function demoGuide(stack: DemoStack, launcher: string): string {
  const { tokens, ports } = stack;
  const psql = (user: string, token: string, sql: string): string =>
    `PGPASSWORD=${token} psql "host=localhost port=${ports.postgres} user=${user} dbname=shop" -c "${sql}"`;
  const sallyport = `${launcher} --config ${relative(process.cwd(), stack.configFile) || stack.configFile}`;
  const steps: readonly (readonly [string, string])[] = [
    ['alice reads customers: contact data, cards and notes come masked', psql('alice', tokens.alice, STORY.read)],
    ['bob is in support: he sees how to reach them, and no card', psql('bob', tokens.bob, STORY.read)],
    ['nobody said which column holds secrets: they are known by their form', psql('alice', tokens.alice, STORY.inbox)],
    ['tax numbers are tokens: put one into WHERE tax_id = and it finds its customer', psql('alice', tokens.alice, STORY.taxIds)],
    ['copilot is an agent: without a WHERE clause it deletes nothing', psql('copilot', tokens.copilot, STORY.deleteAll)],
    ['alice drops a table: psql waits and names an approval', psql('alice', tokens.alice, STORY.drop)],
    [
      'dana, in another terminal, sees what waits and approves it (put in the id that psql shows)',
      `${sallyport} approvals list --state pending`,
    ],
    ['', `SALLYPORT_TOKEN=${tokens.danaApproves} ${sallyport} approvals approve ap_…`],
    ...callsSteps(stack),
    ...hostSteps(stack, sallyport),
    ...webSteps(stack, sallyport),
    ...forwardSteps(stack),
    ['what happened: every session, the last one again, and whether the record is intact', `${sallyport} sessions list`],
    ['', `${sallyport} replay last`],
    ['', `${sallyport} verify --pubkey ${relative(process.cwd(), stack.gateway.publicKeyFile) || stack.gateway.publicKeyFile}`],
    [
      'for scripts and agents: JSON out, exit code 3 when denied',
      `SALLYPORT_TOKEN=${tokens.copilot} ${sallyport} exec shop-db --json -- "${STORY.countOrders}"`,
    ],
  ];
  const lines = steps.map(([title, line]) => `${title === '' ? '' : `\n${colours.bold(`# ${title}`)}\n`}${line}\n`).join('');
  return `${lines}\n${colours.dim(`The configuration is ${stack.configFile}; read it, change it. The tokens last 8 hours. Ctrl-C ends the demo.`)}\n`;
}

/** The same before MariaDB, where it is installed. */
function callsSteps({ ports, tokens }: DemoStack): readonly (readonly [string, string])[] {
  if (ports.mysql === undefined) return [];
  const mysql = (sql: string): string =>
    `MYSQL_PWD=${tokens.alice} mysql --host=127.0.0.1 --port=${ports.mysql} --user=alice calls -e "${sql}"`;
  return [
    ['the same rules before MariaDB: alice reads who called', mysql(STORY.readCalls)],
    ['and drops a table there: the client waits, without words for it in MySQL, until dana approves it as above', mysql(STORY.dropCalls)],
  ];
}

/** The same before a host, where OpenSSH's server is installed. */
function hostSteps({ ports, tokens, host }: DemoStack, sallyport: string): readonly (readonly [string, string])[] {
  if (ports.ssh === undefined || host === undefined) return [];
  const as = (token: string, words: string): string => `SALLYPORT_TOKEN=${token} ${sallyport} ${words}`;
  return [
    ['alice opens a shell on the host; ssh itself works as well, with the token as its password', as(tokens.alice, 'connect shop-host')],
    ['', `ssh -p ${ports.ssh} alice@127.0.0.1`],
    ['what a program prints is masked, too', as(tokens.alice, `connect shop-host -- "${STORY.printKey}"`)],
    ['and some commands wait for dana, as above', as(tokens.alice, `connect shop-host -- ${host.restart}`)],
  ];
}

/** The same before an API and a language model. */
function webSteps({ ports, tokens, caFile, api }: DemoStack, sallyport: string): readonly (readonly [string, string])[] {
  if (ports.http === undefined || ports.model === undefined) return [];
  const ca = relative(process.cwd(), caFile) || caFile;
  const curl = (token: string, port: number, path: string, flags = ''): string =>
    `curl -sS --cacert ${ca} -H "Authorization: Bearer ${token}"${flags} "https://localhost:${port}${path}"`;
  const as = (token: string, words: string): string => `SALLYPORT_TOKEN=${token} ${sallyport} ${words}`;
  const push = [
    'cd "$(mktemp -d)" && git clone "$SALLYPORT_URL_SHOP_API/git/shop.git" .',
    'git -c user.name=alice -c user.email=alice@example.com commit --allow-empty -m hasty && git push',
  ].join(' && ');
  return [
    ['the shop has an API, whose key the gateway has: alice asks it for customers', curl(tokens.alice, ports.http, STORY.customers)],
    ['copilot deletes one: the answer says why not', curl(tokens.copilot, ports.http, STORY.customer, ' -X DELETE')],
    [
      'alice changes an order: the command waits for dana, as above',
      `echo '${STORY.paid}' | ${as(tokens.alice, `exec shop-api -- PUT ${STORY.order}`)}`,
    ],
    [
      'copilot asks a language model: masked while it streams',
      curl(tokens.copilot, ports.model, '/v1/chat/completions', ` -N -d '${STORY.question}'`),
    ],
    ...(api?.git === true
      ? [['alice pushes to main: git says why not', as(tokens.alice, `connect shop-api -- sh -c '${push}'`)] as const]
      : []),
  ];
}

/** The same for hosts that are reached by HTTPS_PROXY. */
function forwardSteps({ forward, tokens }: DemoStack): readonly (readonly [string, string])[] {
  if (forward === undefined) return [];
  const ca = relative(process.cwd(), forward.caFile) || forward.caFile;
  const curl = (user: string, token: string, url: string): string =>
    `curl -sS --noproxy '' --proxy http://${user}:${token}@127.0.0.1:${forward.port} --cacert ${ca} "${url}"`;
  return [
    [
      'a service of somebody else, by the gateway as a proxy (HTTPS_PROXY): masked and recorded as well',
      curl('alice', tokens.alice, `https://localhost:${forward.parcels}${STORY.parcels}`),
    ],
    ['any other host is refused, and says why', `${curl('copilot', tokens.copilot, STORY.unlisted)} -i -d customers`],
  ];
}
