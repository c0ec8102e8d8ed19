export { ssh } from './ssh.ts';
