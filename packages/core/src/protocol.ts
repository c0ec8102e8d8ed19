import type { Duplex, Readable } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import type { Classification } from './command.ts';
import type { Side } from './frame.ts';
import type { Gate, SessionEnd } from './gate.ts';
import type { Dsn, Inspection, InspectOptions } from './inspection.ts';

/** Who is asking: a person or an agent, with groups. */
export interface Identity {
  readonly name: string;
  readonly kind: 'person' | 'agent';
  readonly groups: readonly string[];
  /** The person an agent works for. */
  readonly actingFor?: string;
}

/** How the gateway reaches a target, with every `${env:}` and `${file:}` already resolved. */
export interface Target {
  readonly name: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly mode: 'disable' | 'require' | 'verify-full'; readonly ca?: string };
  /** Private: never logged, recorded or sent to a client. */
  readonly credentials: {
    /** Empty where the gateway signs in with a token, or not at all. */
    readonly username: string;
    readonly password?: string;
    /** An API key or access token, and the header that it goes in; without one: `Authorization: Bearer`. */
    readonly token?: string;
    readonly header?: string;
    /** PEM */
    readonly certificate?: string;
    /** PEM */
    readonly key?: string;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** The target's remaining keys, parsed by the protocol's own `targetSchema`. */
  readonly options: unknown;
}

/** What a proof without the secret itself is tried against: SCRAM-SHA-256, RFC 5802, or MySQL's native password. */
export interface ScramMaterial {
  readonly salt: Buffer;
  readonly iterations: number;
  /** An identity provider may vouch for the user, who then has a JWT: it can only be shown, inside TLS. */
  readonly vouched: boolean;
  /** One per live token of the user. Empty for an unknown user, whose salt is a stable mock. */
  readonly keys: readonly {
    readonly token: string;
    readonly storedKey: Buffer;
    readonly serverKey: Buffer;
    /** SHA1(SHA1(token)), for mysql_native_password. */
    readonly sha1sha1: Buffer;
  }[];
}

/** What a client proved. */
export type Proof =
  | { readonly method: 'scram' | 'native'; readonly token: string } // the id of the token whose proof held
  | { readonly method: 'password'; readonly secret: string } // cleartext inside TLS or SSH
  | { readonly method: 'bearer'; readonly secret: string } // the same without a user name: the token says whose it is
  | { readonly method: 'publickey'; readonly key: Buffer } // an SSH key or certificate, as on the wire, whose possession was proven
  | { readonly method: 'tunnel' }; // nothing: it came through a session that is signed in, see Host.signedIn

/** One client's request for a session. */
export interface SignIn {
  /** Empty with a bearer token. */
  readonly user: string;
  readonly target: Target;
  readonly proof: Proof;
  /** What the session's record says of the client: application name, database, protocol version. */
  readonly facts: Readonly<Record<string, string>>;
  /** Aborted when the client leaves while access itself waits for an approval. */
  readonly left?: AbortSignal;
  /** Shown to the client while access itself waits for an approval. */
  notice?(text: string): void;
}

/** A signed-in client's life at one target. Its record is open before the first byte passes. */
export interface Session extends Gate {
  readonly id: string;
  readonly identity: Identity;
  readonly target: Target;
  /** Aborted when the session must end; `reason` is a {@link GatewayError} with a sentence. */
  readonly signal: AbortSignal;
  /** Seals the record. Call exactly once, whatever happened. */
  end(end: SessionEnd): Promise<void>;
}

/** What a listener lends to a protocol for one client connection. */
export interface Host {
  /** The targets reachable here. Several share a listener only by configuration. */
  readonly targets: readonly Target[];
  /** The client's address, `127.0.0.1:53312`. */
  readonly client: string;
  /** Who came here through a tunnel of a session that is signed in: nobody is asked for a proof. */
  readonly signedIn?: Identity | undefined;
  /** Aborted when sign-in took too long or the gateway drains. */
  readonly signal: AbortSignal;
  /** The gateway's own certificate; `hash` is tls-server-end-point (RFC 5929) of it. */
  readonly tls: { readonly context: SecureContextOptions; readonly hash: Buffer };
  /** Never says whether the user exists. Waits while the address or name is in back-off. */
  scram(user: string): Promise<ScramMaterial>;
  /** The private keys by which SSH clients know the gateway, made when first asked for. */
  sshHostKeys(): Promise<readonly string[]>;
  /**
   * The public key that this user has to prove, who shows this SSH key or certificate; both as on the wire. A key that is
   * not theirs counts as no failure: clients offer all they have.
   *
   * @throws GatewayError ERR_LOGIN with the reason, for the log
   */
  provable(user: string, key: Buffer): Buffer;
  /**
   * The gateway's certificate in the place of a host whose TLS it ends, made when first asked for.
   *
   * @param host one of {@link Protocol.interceptedHosts}, in lower case
   * @throws GatewayError ERR_CONFIG where no target has such hosts
   */
  forwardCertificate(host: string): Promise<SecureContextOptions>;
  /** Whether the gateway itself listens at this IP address and port. */
  isOwnAddress(address: string, port: number): boolean;
  /** Counts a failed proof for back-off and writes it to the log. */
  refused(user: string, why: string): void;
  /** @throws GatewayError ERR_LOGIN or ERR_ACCESS, with the sentence for the client. */
  admit(signIn: SignIn): Promise<Session>;
  /** A folder that nobody else reads, emptied when the gateway starts: for what must lie on disk while a session lasts. */
  readonly scratch: string;
  /** Facts that outlive the process, by protocol-chosen scope; for masks bound to what was seen. */
  readonly facts: FactStore;
  /** The target that stands at this address, whose own protocol a tunnel must lead through. Names are compared as they are written. */
  targetAt(host: string, port: number): Target | undefined;
  /**
   * Hands a tunnelled stream to another target's protocol under the same identity. Resolves when that session has ended.
   *
   * @throws GatewayError ERR_ACCESS when the identity has no access there
   */
  open(target: string, stream: Duplex, session: Session): Promise<void>;
  /** A line for the gateway's log; secrets are the caller's duty. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface FactStore {
  /** All facts of a scope, key to value. */
  load(scope: string): Promise<ReadonlyMap<string, string>>;
  save(scope: string, key: string, value: string): Promise<void>;
}

/** Wire bytes of a recording: `from` client as sent, from target as the client saw them. */
export interface RecordedFrames {
  readonly from: Side;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly data: Buffer;
}

/** What a recording shows of results, decoded again. Cells are text; null is SQL NULL. */
export type ReplayItem =
  | { readonly type: 'columns'; readonly at: number; readonly names: readonly string[] }
  | { readonly type: 'row'; readonly at: number; readonly cells: readonly (string | null)[] }
  | { readonly type: 'done'; readonly at: number; readonly tag: string }
  | { readonly type: 'error'; readonly at: number; readonly code: string; readonly message: string }
  | { readonly type: 'notice'; readonly at: number; readonly message: string }
  | { readonly type: 'data'; readonly at: number; readonly from: Side; readonly text: string }
  | ChannelItem
  | ExchangeItem;

/** What a recording shows of HTTP. Exchanges count from 0 within a session; several may be under way at once. */
export type ExchangeItem =
  /** A head: its first line, and its fields with names in lower case. */
  | {
      readonly type: 'request' | 'response';
      readonly at: number;
      readonly exchange: number;
      readonly line: string;
      readonly fields: readonly (readonly [name: string, value: string])[];
    }
  /** The request is this command to whoever judged it; a push of Git has one for each ref. */
  | { readonly type: 'judged'; readonly at: number; readonly exchange: number; readonly command: number }
  /** A part of a body, as its `content-encoding` has it. */
  | { readonly type: 'body'; readonly at: number; readonly exchange: number; readonly from: Side; readonly data: Buffer }
  /** A body is over that is not recorded to its end: the last `unrecorded` of its bytes are known by their SHA-256 (hex) alone. */
  | {
      readonly type: 'cut';
      readonly at: number;
      readonly exchange: number;
      readonly from: Side;
      readonly bytes: number;
      readonly unrecorded: number;
      readonly sha256: string;
    }
  | {
      readonly type: 'trailers';
      readonly at: number;
      readonly exchange: number;
      readonly from: Side;
      readonly fields: readonly (readonly [name: string, value: string])[];
    }
  /** A message with its opcode: {@link https://www.rfc-editor.org/rfc/rfc6455#section-5.2 RFC 6455, section 5.2}. */
  | {
      readonly type: 'websocket';
      readonly at: number;
      readonly exchange: number;
      readonly from: Side;
      readonly opcode: number;
      readonly data: Buffer;
    };

/** What a recording shows of a protocol with channels, which count from 0 within a session. */
export type ChannelItem =
  /** What runs in the channel; a shell has no command. */
  | {
      readonly type: 'program';
      readonly at: number;
      readonly channel: number;
      readonly kind: 'shell' | 'exec' | 'subsystem';
      readonly command: string;
    }
  /** The channel has a terminal, of this size from now on. */
  | { readonly type: 'screen'; readonly at: number; readonly channel: number; readonly columns: number; readonly rows: number }
  /** `at` is when the client saw it: it may lie before that of items that came earlier. */
  | { readonly type: 'output'; readonly at: number; readonly channel: number; readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }
  | {
      readonly type: 'exit';
      readonly at: number;
      readonly channel: number;
      readonly status: number | null;
      readonly signal: string | null;
    };

/** Where and as whom a command-line client signs in at the gateway. */
export interface Endpoint {
  readonly target: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly token: string;
  readonly database?: string;
  /** PEM file of the CA that the gateway's certificate chains to; what a client needs besides may lie beside it. */
  readonly caFile: string;
  /** By which the gateway is known over SSH, a line each; where it has any. */
  readonly hostKeys?: readonly string[];
  /** PEM file of the CA that signs for the hosts whose TLS the gateway ends; where it does. */
  readonly forwardCaFile?: string;
  /** What {@link Protocol.clientFacts} says of the target. */
  readonly facts?: Readonly<Record<string, string>>;
}

export type ExecItem =
  | { readonly type: 'columns'; readonly names: readonly string[] }
  | { readonly type: 'row'; readonly cells: readonly (string | null)[] }
  /** A part of a result that has a format of its own: PostgreSQL's COPY TO STDOUT. */
  | { readonly type: 'copy'; readonly data: Buffer }
  | { readonly type: 'done'; readonly tag: string; readonly rows: number }
  /** What a program says, byte by byte, and how it ends. */
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }
  | { readonly type: 'exit'; readonly status: number; readonly signal?: string }
  /** The head of an answer of HTTP, its content in parts, and, behind all, an exit status. */
  | {
      readonly type: 'answer';
      readonly version: string;
      readonly status: number;
      readonly reason: string;
      readonly fields: readonly (readonly [name: string, value: string])[];
    }
  | { readonly type: 'content'; readonly data: Buffer }
  /** @param lasting the approval that it names stays open when the command is taken back: whoever sends it again goes on. */
  | { readonly type: 'notice'; readonly message: string; readonly lasting?: true };

/** A native client started for a person: program, arguments, and environment on top of one's own. */
export interface NativeClient {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A connection URL without the secret. */
  readonly dsn: string;
  /** The environment serves any program: a person's own arguments are one with its arguments, in the place of `program`. */
  readonly anyProgram?: true;
}

/** Failure of `exec` with the protocol's own code (SQLSTATE, errno, status). */
export class ExecError extends Error {
  readonly code: string;
  /** True when a rule, an approver or time said no: exit code 3. */
  readonly denied: boolean;

  constructor(code: string, message: string, denied: boolean) {
    super(message);
    this.name = 'ExecError';
    this.code = code;
    this.denied = denied;
  }
}

/** Seam 1: all that the rest of the gateway knows of a protocol. */
export interface Protocol {
  readonly name: string;
  readonly defaultPort: number;
  /** A zod object schema of the protocol's own target keys. Opaque here: core has no dependencies. */
  readonly targetSchema: unknown;
  /** Targets may be signed in to with a token, or not at all; where this is absent each needs a user name. */
  readonly tokenCredentials?: true;
  /** One client connection from its first byte to its seal. Never rejects for what a client did. */
  serve(client: Duplex, host: Host): Promise<void>;
  /**
   * Hosts in whose place the gateway shows certificates of its own when clients ask for this target: names, `*.example.com`,
   * IP addresses. The forward CA may sign for them and no others; where there are none, it is not made.
   */
  interceptedHosts?(target: Pick<Target, 'host' | 'options'>): readonly string[];
  /** What a text does, without a session: for `policy test`. */
  classify(text: string, target: Target | undefined): Promise<Classification>;
  decodeRecording(frames: AsyncIterable<RecordedFrames>): AsyncIterable<ReplayItem>;
  /** Its recordings may hold terminals, which can be watched as such. */
  readonly terminals?: true;
  /** Runs commands through the gateway as its client, fed from `input` where programs read one; what still runs when `signal` aborts is cancelled at the target. @throws ExecError */
  exec(endpoint: Endpoint, command: string, signal: AbortSignal, input?: Readable): AsyncIterable<ExecItem>;
  /** How the words of a command line make a command; where this is absent, with spaces between them. */
  readonly wordSeparator?: string;
  connect(endpoint: Endpoint): NativeClient;
  /**
   * What clients must know of a target besides where it is: told to whoever may reach it, so it holds no secrets.
   */
  clientFacts?(target: Pick<Target, 'name' | 'host' | 'port' | 'options'>): Readonly<Record<string, string>>;
  /** Clients open connections as they like: a token that signs in once would serve none of them. */
  readonly manyConnections?: true;
  /**
   * What a connection string says; the environment variables of its own clients fill in the rest.
   *
   * @param text undefined: the environment alone.
   * @returns undefined for a text that is no connection string of this protocol.
   * @throws GatewayError ERR_CONFIG for one that cannot be used; the sentence holds no password.
   */
  readDsn(text: string | undefined, env: Readonly<Record<string, string | undefined>>): Dsn | undefined;
  /**
   * Signs in at the target as the gateway would, looks around and leaves. Changes nothing, and every
   * question has an end of a few seconds. What cannot be found out is a result.
   *
   * @throws only the signal's reason
   */
  inspect(target: Target, options: InspectOptions, signal: AbortSignal): Promise<Inspection>;
  /** Ends what the protocol keeps warm: workers, catalogue connections. */
  close(): Promise<void>;
}
