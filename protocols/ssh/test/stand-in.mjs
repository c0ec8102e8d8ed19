#!/usr/bin/env node
// Stands in for ssh in tests of sftp, scp and rsync: hands its arguments and its standard input and output to a socket.
import { connect } from 'node:net';

const socket = connect({ path: process.env.STAND_IN_SOCKET, allowHalfOpen: true });
socket.write(`${JSON.stringify(process.argv.slice(2))}\n`);
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on('error', () => process.exit(255));
socket.on('end', () => process.exit(0)); // as ssh does when the command has ended
