import type { Protocol } from '@sallyport/core';
import { checkGit } from '@sallyport/git';
import { classifyText } from './classify/request-text.ts';
import { clientFacts } from './client/client-facts.ts';
import { readDsn } from './client/dsn.ts';
import { exec } from './client/exec.ts';
import { nativeClient } from './client/native-client.ts';
import { DigestThread } from './digest/digest-thread.ts';
import { classifyConnect, connectAuthority } from './forward/classify-connect.ts';
import { interceptedHosts } from './forward/intercepted-hosts.ts';
import { inspect } from './inspect/inspect.ts';
import { decodeRecording } from './recorded/decode-recording.ts';
import { serve } from './serve.ts';
import { Http1Server } from './startup/http1-server.ts';
import { type TargetOptions, targetSchema } from './target-schema.ts';
import { Upstreams } from './upstream/upstreams.ts';

const DEFAULT_PORT = 443;
/** A target that nothing is known of. */
const UNKNOWN: TargetOptions = targetSchema.parse({});

/** HTTP/1.1 and HTTP/2: services, LLM APIs and Git, each request judged, masked and recorded. RFC 9110 to 9113. */
export function http(): Protocol {
  const services = { http1: new Http1Server(), upstreams: new Upstreams(), digests: new DigestThread() };
  return {
    name: 'http',
    defaultPort: DEFAULT_PORT,
    targetSchema,
    tokenCredentials: true,
    serve: (client, host) => serve(client, host, services),
    interceptedHosts,
    classify: async (text, target) => {
      const tunnel = connectAuthority(text);
      if (tunnel !== undefined) return classifyConnect(tunnel);
      return classifyText(text, target?.host ?? '', (target?.options as TargetOptions | undefined) ?? UNKNOWN);
    },
    decodeRecording,
    exec,
    wordSeparator: '\n',
    connect: nativeClient,
    clientFacts,
    manyConnections: true,
    readDsn: (text) => readDsn(text),
    async inspect(target, options, signal) {
      const seen = await inspect(target, options, signal);
      // Whether pushes can be looked into is the same for all of them.
      return { ...seen, results: [...seen.results, await checkGit()] };
    },
    close() {
      services.http1.close();
      services.upstreams.close();
      services.digests.close();
      return Promise.resolve();
    },
  };
}
