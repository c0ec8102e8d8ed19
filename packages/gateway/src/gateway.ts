import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Approvals, createApprovals } from '@sallyport/approvals';
import { GatewayError, type NewEntry, type Protocol, type Session, type Store } from '@sallyport/core';
import { type Backoff, createBackoff, createIdentity, type IdentityService, type Keys, type Known, openKeys } from '@sallyport/identity';
import { Recorder } from '@sallyport/recording';
import { type Api, createApi } from './api/api.ts';
import { type Certificates, certificatesOf } from './certificates.ts';
import type { Config } from './config/config.ts';
import { describeChanges } from './config/digest.ts';
import { resolveSecrets } from './config/target-secrets.ts';
import { ConnectionHost, type ConnectionHostParts } from './connection-host.ts';
import { fingerprinter } from './fingerprint.ts';
import type { GateSession, Rulebook } from './gate-session.ts';
import type { Arrival } from './listener.ts';
import { Listeners, type ServedTarget } from './listeners.ts';
import { LiveSessions } from './live-sessions.ts';
import type { Logger } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { isOwnAddress } from './own-address.ts';
import { compileRulebook } from './rulebook.ts';
import { SessionOpener } from './session-opener.ts';

/** Certificates are looked at this often, and made anew when less than 30 days are left. */
const CERTIFICATE_CHECK_MS = 24 * 3_600_000;
/** How long a tunnel may wait for its client's first words and sign-in. */
const TUNNEL_SIGN_IN_MS = 60_000;

export interface GatewayOptions {
  readonly config: Config;
  /** Reads the configuration anew. @throws GatewayError ERR_CONFIG: the old one stays in force. */
  readonly loadConfig: () => Promise<Config>;
  readonly store: Store;
  readonly protocols: readonly Protocol[];
  readonly log: Logger;
  readonly version: string;
}

/** The running whole: ports, sessions, admin API. Knows protocols by their interface only. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #keys: Keys;
  readonly #identity: IdentityService;
  readonly #backoff: Backoff;
  readonly #recorder: Recorder;
  readonly #approvals: Approvals;
  readonly #metrics: Metrics = createMetrics();
  readonly #live = new LiveSessions();
  readonly #opener: SessionOpener;
  readonly #listeners: Listeners;
  readonly #stopped = new AbortController();
  #api: Api | undefined;
  #reloading: Promise<void> = Promise.resolve();
  #draining = false;
  #sealing: Promise<void> = Promise.resolve();
  #config: Config;
  #rulebook: Rulebook;
  #certificates: Certificates;

  /** Opens keys and everything that must stand before the first client: see {@link start}. */
  static async create(options: GatewayOptions): Promise<Gateway> {
    const keys = await openKeys(options.config.dataDir);
    return new Gateway(options, keys, await certificatesOf(options.config, keys, options.protocols));
  }

  private constructor(options: GatewayOptions, keys: Keys, certificates: Certificates) {
    const { config, store } = options;
    this.#options = options;
    this.#keys = keys;
    this.#certificates = certificates;
    this.#config = config;
    this.#rulebook = compileRulebook(config, keys);
    this.#backoff = createBackoff(Date.now);
    this.#recorder = new Recorder({
      store,
      signingKey: keys.evidence.privateKey,
      version: options.version,
      config: () => this.#config.digest,
    });
    const entry = (type: string, body: Readonly<Record<string, unknown>>): NewEntry => this.#entry(type, body);
    this.#identity = createIdentity({ ...knownOf(config), store, keys, entry, now: Date.now });
    this.#approvals = createApprovals({ store, entry, now: Date.now });
    this.#opener = new SessionOpener({
      approvals: this.#approvals,
      identity: this.#identity,
      recorder: this.#recorder,
      live: this.#live,
      metrics: this.#metrics,
      log: options.log,
      fingerprint: fingerprinter(keys.secret('fingerprint')),
      config: () => this.#config,
      rulebook: () => this.#rulebook,
      rejudge: (session) => this.#rejudge(session, false),
    });
    this.#listeners = new Listeners(
      (arrival, listener) => this.#serve(arrival, listener),
      (error, client) => options.log.error({ client, err: error }, 'a connection failed'),
    );
  }

  /**
   * Opens the ports and the admin API. What a crash left open is sealed meanwhile.
   * @throws GatewayError when an address or a credential cannot be had.
   */
  async start(): Promise<void> {
    const { store } = this.#options;
    await store.sessions.interrupt();
    if (store.cutBytes > 0) await this.#logCut(store.cutBytes);
    await emptyFolder(scratchOf(this.#config));
    await this.#approvals.recover();
    await this.#logConfig(undefined, this.#config);
    await this.#listeners.apply(await servedTargets(this.#config));
    this.#api = await this.#startApi();
    this.#sealing = this.#sealInterrupted();
    const stopWatching = this.#identity.watchRevocations(
      (token, error) => this.#live.endToken(token, error),
      () => this.#live.tokens(),
    );
    this.#stopped.signal.addEventListener('abort', stopWatching, { once: true });
    const renewing = setInterval(() => this.#renewCertificates(), CERTIFICATE_CHECK_MS);
    this.#stopped.signal.addEventListener('abort', () => clearInterval(renewing), { once: true });
    store.failed.then(
      (cause) => this.#recordingFailed(cause),
      () => undefined,
    );
  }

  async #logCut(bytes: number): Promise<void> {
    this.#options.log.warn({ bytes }, 'the last run was cut off while it wrote its journal: what it had not finished writing was dropped');
    await this.#recorder.log('journal.cut', { bytes });
  }

  async #sealInterrupted(): Promise<void> {
    const { log } = this.#options;
    try {
      const sessions = await this.#recorder.sealInterrupted(this.#stopped.signal);
      if (sessions.length > 0) log.warn({ sessions }, 'sealed sessions that the last run left open');
    } catch (error) {
      log.error({ err: error }, 'sessions that the last run left open could not be sealed; the next start tries again');
    }
  }

  /** Takes a changed configuration file into use; a broken one changes nothing. One at a time; never rejects. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    const { log, loadConfig, protocols } = this.#options;
    if (this.#draining) return; // it would open the ports again
    try {
      const config = await loadConfig();
      this.#mayReplace(config);
      const certificates = await certificatesOf(config, this.#keys, protocols);
      const rulebook = compileRulebook(config, this.#keys);
      const targets = await servedTargets(config);
      await this.#listeners.apply(targets);
      await this.#logConfig(this.#config, config);
      const masksChanged = JSON.stringify(config.masks) !== JSON.stringify(this.#config.masks);
      this.#config = config;
      this.#rulebook = rulebook;
      this.#certificates = certificates;
      this.#identity.reload(knownOf(config));
      for (const session of this.#live.all()) this.#rejudge(session, masksChanged);
      log.info({ digest: config.digest }, 'configuration loaded');
    } catch (error) {
      log.error({ err: error }, 'the changed configuration was not taken; the old one stays in force');
    }
  }

  #rejudge(session: GateSession, masksChanged: boolean): void {
    const identity = this.#identity.identify(session.identity);
    session.rejudge(identity, this.#listeners.target(session.target.name), this.#rulebook, masksChanged);
  }

  /** Takes no more clients, lets sessions end for `graceMs`, then ends them with a sentence. */
  async drain(graceMs: number): Promise<void> {
    const { log, protocols } = this.#options;
    this.#draining = true;
    await this.#reloading;
    const closed = this.#listeners.close();
    await Promise.race([closed, delay(graceMs, undefined, { ref: false })]);
    this.#live.endAll(new GatewayError('ERR_ENDED', 'The gateway is shutting down. Connect again in a moment.'));
    await closed;
    this.#stopped.abort();
    await this.#sealing;
    await this.#api?.close();
    await Promise.all(protocols.map((protocol) => protocol.close()));
    await this.#approvals.stop('the gateway was stopped');
    await this.#recorder.close();
    await this.#recorder.log('gateway.stopped', {}).catch((error: unknown) => log.error({ err: error }, 'the stop could not be logged'));
  }

  #serve(arrival: Arrival, listener: string): Promise<void> {
    return this.#converse(arrival.socket, { arrival, listener, targets: this.#listeners.at(listener) });
  }

  /** A stream of a session is served like a connection, by whom the session belongs to. */
  async #tunnel(name: string, stream: Duplex, session: Pick<Session, 'id'>, client: string, address: string): Promise<void> {
    const [outer, target] = [this.#live.get(session.id), this.#listeners.target(name)];
    if (outer === undefined || target === undefined) throw new GatewayError('ERR_ACCESS', `There is no target ${name} any more.`);
    const signIn = new AbortController();
    const tooSlow = setTimeout(
      () => signIn.abort(new GatewayError('ERR_LOGIN', 'The tunnel stayed silent for a minute: nothing was sent through it.')),
      TUNNEL_SIGN_IN_MS,
    );
    const admitted = (): void => clearTimeout(tooSlow);
    const arrival = { client, address, signal: AbortSignal.any([signIn.signal, outer.signal]), admitted };
    try {
      const through = { identity: outer.identity, token: outer.token };
      await this.#converse(stream, { arrival, listener: 'tunnel', targets: [target], through });
    } finally {
      admitted();
      stream.destroy();
    }
  }

  async #converse(
    stream: Duplex,
    { arrival, targets, ...rest }: Pick<ConnectionHostParts, 'arrival' | 'listener' | 'targets' | 'through'>,
  ): Promise<void> {
    const protocol = this.#options.protocols.find(({ name }) => name === targets[0]?.protocol);
    if (protocol === undefined) return;
    const host = new ConnectionHost({
      ...rest,
      arrival,
      targets,
      targetAt: (name, port) => this.#listeners.targetAt(name, port),
      isOwnAddress: (address, port) => isOwnAddress([this.#config.admin.listen, ...this.#listeners.addresses()], address, port),
      tunnel: (name, inner, session) => this.#tunnel(name, inner, session, arrival.client, arrival.address),
      ...this.#certificates,
      identity: this.#identity,
      sshHostKeys: async () => (await this.#keys.sshHostKeys()).map(({ privateKey }) => privateKey),
      backoff: this.#backoff,
      facts: this.#options.store.facts,
      scratch: scratchOf(this.#config),
      log: this.#options.log,
      metrics: this.#metrics,
      open: (signIn, signedIn) => this.#opener.open(signIn, signedIn, arrival),
    });
    await protocol.serve(stream, host);
  }

  async #startApi(): Promise<Api> {
    const adminToken = randomBytes(32).toString('base64url');
    await writeFile(join(this.#config.dataDir, 'admin.token'), `${adminToken}\n`, { mode: 0o600 });
    return createApi({
      listen: this.#config.admin.listen,
      adminToken,
      approvals: this.#approvals,
      backoff: this.#backoff,
      identity: this.#identity,
      live: this.#live,
      protocols: this.#options.protocols,
      certificates: () => this.#certificates,
      metrics: this.#metrics,
      keys: this.#keys,
      recorder: this.#recorder,
      store: this.#options.store,
      log: this.#options.log,
      config: () => this.#config,
      rulebook: () => this.#rulebook,
    });
  }

  /** An entry for what approvals write down; it speaks of the session that asked. */
  #entry(type: string, body: Readonly<Record<string, unknown>>): NewEntry {
    const { session, ...fields } = body;
    return this.#recorder.entry(type, fields, typeof session === 'string' ? session : null);
  }

  async #logConfig(before: Config | undefined, after: Config): Promise<void> {
    const changes = before === undefined ? [] : describeChanges(before, after);
    await this.#recorder.log('config.loaded', { digest: after.digest, changes, durability: after.recording.durability });
  }

  /** What is bound to the process cannot change under it. */
  #mayReplace(config: Config): void {
    for (const key of ['dataDir', 'admin'] as const) {
      if (JSON.stringify(config[key]) === JSON.stringify(this.#config[key])) continue;
      throw new GatewayError('ERR_CONFIG', `${key === 'dataDir' ? 'data_dir' : 'admin'} cannot change while the gateway runs: restart it.`);
    }
  }

  #renewCertificates(): void {
    certificatesOf(this.#config, this.#keys, this.#options.protocols).then(
      (certificates) => {
        this.#certificates = certificates;
      },
      (error: unknown) => this.#options.log.error({ err: error }, 'the certificates could not be renewed'),
    );
  }

  #recordingFailed(cause: Error): void {
    this.#options.log.fatal(
      { err: cause },
      'the record cannot be kept: all sessions end, and none is opened until the gateway is restarted',
    );
    this.#live.endAll(new GatewayError('ERR_RECORDING', 'The gateway cannot keep its record; this session is over.', { cause }));
  }
}

function scratchOf({ dataDir }: Config): string {
  return join(dataDir, 'scratch');
}

/** What a crash left there is of no use to anybody. */
async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

function knownOf({ users, provider, sshAuthorities }: Config): Known {
  return { users, provider, sshAuthorities };
}

async function servedTargets(config: Config): Promise<readonly ServedTarget[]> {
  return Promise.all(config.targets.map(async (target) => ({ listen: target.listen, target: await resolveSecrets(target) })));
}
