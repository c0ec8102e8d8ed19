import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { GatewayError } from '@sallyport/core';
import { isDamage, lockDataDir, openDatabase } from './database.ts';
import { type Call, CLOSE, type FromWorker, type ToWriter, type WorkerTask } from './messages.ts';
import { createReader } from './reader.ts';
import { createWriter } from './writer.ts';

/** The thread that owns one connection to the database: a worker's entry file. */

const { role, dataDir, mode } = workerData as WorkerTask;
const port = ownPort();

function ownPort(): MessagePort {
  if (parentPort === null) throw new Error('This file runs as a worker only.');
  return parentPort;
}

const tell = (message: FromWorker): void => port.postMessage(message);

/** Messages that came together are committed together. */
function waiting(first: ToWriter): ToWriter[] {
  const messages = [first];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    messages.push(next.message as ToWriter);
  }
  return messages;
}

function write(): void {
  const lock = mode === 'serve' ? lockDataDir(dataDir) : undefined;
  const db = openDatabase(dataDir, mode, false);
  const writer = createWriter(db);
  let failed = false;
  port.on('message', (first: ToWriter) => {
    const messages = waiting(first);
    const closing = messages.some(isClose);
    try {
      if (failed) return;
      const work = messages.filter((message) => !isClose(message));
      const answers = work.length === 0 ? [] : writer.commit(work);
      tell({ type: 'done', answers, batch: work.reduce((last, message) => ('batch' in message ? message.batch : last), 0) });
    } catch (error) {
      failed = true;
      tell({ type: 'failed', error: failureSentence(error), damaged: isDamage(error) });
    } finally {
      if (closing) end(() => [db.close(), lock?.close()]);
    }
  });
}

function read(): void {
  const db = openDatabase(dataDir, mode, true);
  const answer = createReader(db);
  port.on('message', (message: Call) => {
    if (isClose(message)) end(() => db.close());
    else tell({ type: 'done', answers: [answer(message)], batch: 0 });
  });
}

function isClose(message: ToWriter): boolean {
  return 'name' in message && message.name === CLOSE;
}

function end(close: () => unknown): void {
  try {
    close();
  } finally {
    tell({ type: 'closed' });
    port.close();
  }
}

function failureSentence(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  const where = `The record in ${dataDir} cannot be written (${code ?? 'internal error'}: ${message})`;
  if (code === 'SQLITE_FULL') return `${where}: free space on its disk, then start the gateway again.`;
  if (code === 'SQLITE_BUSY') return `${where}: another process held it for too long; start again when that one is done.`;
  return `${where}: check its disk, then start the gateway again.`;
}

try {
  if (role === 'writer') write();
  else read();
  tell({ type: 'opened' });
} catch (error) {
  tell({ type: 'failed', error: error instanceof GatewayError ? error.message : failureSentence(error), damaged: isDamage(error) });
  port.close();
}
