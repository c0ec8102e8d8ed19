/** For programs outside of this package, which alone depends on it. */
export { WebSocketServer } from 'ws';
