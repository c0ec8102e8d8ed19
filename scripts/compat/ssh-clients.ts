import { existsSync } from 'node:fs';
import { type Client, cached, clientFile, nodeClient, run } from './clients.ts';

const script = (name: string): [string, ...string[]] => ['sh', clientFile('ssh', `${name}.sh`)];
const python = (name: string): [string, ...string[]] => [cached('ssh-python', 'bin', 'python'), clientFile('ssh', `${name}.py`)];

function preparePython(): void {
  if (existsSync(cached('ssh-python', 'bin', 'ansible-playbook'))) return;
  run('python3', ['-m', 'venv', cached('ssh-python')], clientFile('ssh'));
  run(cached('ssh-python', 'bin', 'pip'), ['install', '-q', '-r', clientFile('ssh', 'requirements.txt')], clientFile('ssh'));
}

function prepareGo(): void {
  run('go', ['build', '-o', cached('x-crypto-ssh'), '.'], clientFile('x-crypto-ssh'));
}

/** In the order of the table. */
export const SSH_CLIENTS: readonly Client[] = [
  { name: 'ssh', needs: ['ssh', 'openssl'], command: script('ssh') },
  { name: 'ssh ControlMaster', needs: ['ssh', 'openssl'], command: script('ssh-shared') },
  { name: 'ssh in tmux, vim', needs: ['ssh', 'tmux', 'vim'], command: script('ssh-terminal') },
  { name: 'ssh tunnels', needs: ['ssh', 'python3', 'curl', 'openssl'], command: script('tunnels') },
  { name: 'scp, sftp, rsync', needs: ['scp', 'sftp', 'rsync', 'openssl'], command: script('files') },
  { name: 'git', needs: ['git', 'ssh'], command: script('git') },
  { name: 'dbclient', needs: ['dbclient', 'dropbearconvert'], command: script('dbclient') },
  {
    name: 'ansible',
    needs: ['python3', 'ssh', 'sftp'],
    prepare: preparePython,
    command: ['env', `ANSIBLE=${cached('ssh-python', 'bin')}`, ...script('ansible')],
  },
  { name: 'paramiko', needs: ['python3'], prepare: preparePython, command: python('paramiko-checks') },
  { name: 'asyncssh', needs: ['python3'], prepare: preparePython, command: python('asyncssh-checks') },
  { name: 'x/crypto/ssh', needs: ['go'], prepare: prepareGo, command: [cached('x-crypto-ssh')] },
  nodeClient('ssh2'),
];
