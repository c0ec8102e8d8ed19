/** For benchmarks, which have no dependencies of their own: the library that the gateway uses. */
export { Pool } from 'undici';
