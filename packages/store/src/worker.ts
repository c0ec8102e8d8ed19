import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { GatewayError } from '@sallyport/core';
import { isDamage, isServed, lockDataDir, openDatabase } from './database.ts';
import { failureSentence } from './failure-sentence.ts';
import { type Call, CLOSE, type FromWorker, MOVE, type ToWriter, type WorkerTask } from './messages.ts';
import type { Recovery } from './mover.ts';
import { createReader } from './reader.ts';
import { createWriter, type Writer } from './writer.ts';

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

function write(): Recovery | undefined {
  const lock = mode === 'serve' ? lockDataDir(dataDir) : undefined;
  const db = openDatabase(dataDir, mode, false);
  const writer = createWriter(db, dataDir);
  const recovery = mode === 'serve' ? writer.recover() : undefined;
  let failed = false;
  let moving = false;
  const attempt = (work: () => void): void => {
    try {
      if (!failed) work();
    } catch (error) {
      failed = true;
      tell({ type: 'failed', error: failureSentence(dataDir, error), damaged: isDamage(error) });
    }
  };
  /** One transaction at a time, so that calls come in between. */
  const move = (): void => {
    attempt(() => {
      moving = writer.move();
      tell({ type: 'moved', ...writer.moved });
    });
    if (moving && !failed) setImmediate(move);
  };
  port.on('message', (first: ToWriter) => {
    const messages = waiting(first);
    const calls = messages.filter((message) => message !== MOVE);
    const work = calls.filter((call) => !isClose(call));
    if (work.length > 0) attempt(() => tell({ type: 'done', answers: writer.commit(work) }));
    if (messages.length > calls.length && !moving) move();
    if (calls.length === work.length) return;
    if (recovery !== undefined) attempt(() => drain(writer));
    end(() => [db.close(), lock?.close()]);
  });
  return recovery;
}

function drain(writer: Writer): void {
  while (writer.move());
}

function read(): undefined {
  const db = openDatabase(dataDir, mode, true);
  const answer = createReader(db, dataDir, () => mode === 'serve' || isServed(dataDir));
  port.on('message', (message: Call) => {
    if (isClose(message)) end(() => db.close());
    else tell({ type: 'done', answers: [answer(message)] });
  });
}

function isClose({ name }: Call): boolean {
  return name === CLOSE;
}

function end(close: () => unknown): void {
  try {
    close();
  } finally {
    tell({ type: 'closed' });
    port.close();
  }
}

try {
  const recovery = role === 'writer' ? write() : read();
  tell({ type: 'opened', ...(recovery && { recovery }) });
} catch (error) {
  tell({
    type: 'failed',
    error: error instanceof GatewayError ? error.message : failureSentence(dataDir, error),
    damaged: isDamage(error),
  });
  port.close();
}
