import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Draft, isService } from './configuration.ts';

/** A line to paste, and what it is for. */
export interface NextLine {
  readonly title: string;
  readonly line: string;
}

/** From the written file to a first statement or request through the gateway. */
export function nextLines(file: string, draft: Draft): readonly NextLine[] {
  const { beginning } = draft;
  const usual = resolve('sallyport.yaml') === file;
  const sallyport = `${launcher()}${usual ? '' : ` --config ${shell(near(file))}`}`;
  const caFile = near(join(dirname(file), '.sallyport', 'keys', 'ca.pem'));
  return [
    { title: 'start the gateway; it stays in the foreground', line: `${sallyport} serve` },
    {
      title: `in another terminal: a token for ${beginning.person}, and ${isService(draft) ? 'a request' : 'a session'}`,
      line: `export SALLYPORT_TOKEN=$(${sallyport} token create --user ${beginning.person} --ttl 8h)`,
    },
    ...(isService(draft) ? requests(draft, sallyport, caFile) : sessions(draft, sallyport, caFile)),
    {
      title: `${beginning.approver} approves what is held, with a token that can`,
      line: `${sallyport} token create --user ${beginning.approver} --ttl 8h --can approve`,
    },
    { title: 'what could be better', line: `${sallyport} doctor` },
  ];
}

function sessions({ where, beginning, listen }: Draft, sallyport: string, caFile: string): readonly NextLine[] {
  const client = where.protocol.connect({
    ...{ target: beginning.name, ...placeOf(listen), user: beginning.person, token: '$SALLYPORT_TOKEN', caFile },
    ...(where.database !== undefined && { database: where.database }),
  });
  const [variable = ''] = Object.entries(client.env).find(([, value]) => value === '$SALLYPORT_TOKEN') ?? [];
  return [
    { title: '', line: `${sallyport} connect ${beginning.name}` },
    {
      title: 'the same for any other client',
      line: `${variable}=$SALLYPORT_TOKEN ${client.program} "${client.dsn.replaceAll('%2F', '/')}"`,
    },
  ];
}

function requests({ beginning, kind, listen, tokenHeader }: Draft, sallyport: string, caFile: string): readonly NextLine[] {
  const { host, port } = placeOf(listen);
  const field = tokenHeader === undefined ? 'Authorization: Bearer' : `${tokenHeader}:`;
  const path = kind === 'language model' ? '/v1/models' : '/';
  return [
    { title: '', line: `${sallyport} exec ${beginning.name} -- GET ${path}` },
    {
      title: 'the same for any other client',
      line: `curl --cacert ${shell(caFile)} -H "${field} $SALLYPORT_TOKEN" https://${host}:${port}${path}`,
    },
    {
      title: 'programs that read their address and key from the environment (SDKs, git, agents): in a shell that has them',
      line: `${sallyport} connect ${beginning.name}`,
    },
  ];
}

/** Where clients on this machine find the gateway. */
function placeOf(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(':');
  const address = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(address) ? 'localhost' : address;
  return { host, port: Number(listen.slice(colon + 1)) };
}

/** As it is named from where one stands. */
export function near(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

/** How this command was called, as far as it can tell. */
function launcher(): string {
  if (process.env['npm_command'] === 'exec') return 'npx sallyport';
  return existsSync('./sallyport') ? './sallyport' : 'sallyport';
}

function shell(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
