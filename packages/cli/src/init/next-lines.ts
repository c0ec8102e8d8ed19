import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Draft } from './configuration.ts';

/** A line to paste, and what it is for. */
export interface NextLine {
  readonly title: string;
  readonly line: string;
}

/** From the written file to a first statement through the gateway. */
export function nextLines(file: string, { where, beginning, listen }: Draft): readonly NextLine[] {
  const usual = resolve('sallyport.yaml') === file;
  const sallyport = `${launcher()}${usual ? '' : ` --config ${shell(near(file))}`}`;
  const colon = listen.lastIndexOf(':');
  const address = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const client = where.protocol.connect({
    target: beginning.name,
    host: ['0.0.0.0', '::', '127.0.0.1'].includes(address) ? 'localhost' : address,
    port: Number(listen.slice(colon + 1)),
    user: beginning.person,
    token: '$SALLYPORT_TOKEN',
    caFile: near(join(dirname(file), '.sallyport', 'keys', 'ca.pem')),
    ...(where.database !== undefined && { database: where.database }),
  });
  const [variable = ''] = Object.entries(client.env).find(([, value]) => value === '$SALLYPORT_TOKEN') ?? [];
  return [
    { title: 'start the gateway; it stays in the foreground', line: `${sallyport} serve` },
    {
      title: `in another terminal: a token for ${beginning.person}, and a session`,
      line: `export SALLYPORT_TOKEN=$(${sallyport} token create --user ${beginning.person} --ttl 8h)`,
    },
    { title: '', line: `${sallyport} connect ${beginning.name}` },
    {
      title: 'the same for any other client',
      line: `${variable}=$SALLYPORT_TOKEN ${client.program} "${client.dsn.replaceAll('%2F', '/')}"`,
    },
    {
      title: `${beginning.approver} approves what is held, with a token that can`,
      line: `${sallyport} token create --user ${beginning.approver} --ttl 8h --can approve`,
    },
    { title: 'what could be better', line: `${sallyport} doctor` },
  ];
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
