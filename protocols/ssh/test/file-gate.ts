import { type TestGate, type TestHold, type TestRules, testGate } from '@sallyport/core/testing';

/** For tests of file transfers. */
export interface FileTestGate extends TestGate {
  readonly holds: TestHold[];
  /** Notes of one type. */
  of(type: string): Readonly<Record<string, unknown>>[];
}

/** @param rule by default everything is allowed */
export function fileGate(rule?: TestRules['rule']): FileTestGate {
  const words = { denial: 'Denied by the rule "a test".', notice: 'Approval ap_1 asked of leads.' };
  const gate = testGate({ ...words, ...(rule && { rule }) });
  const of: FileTestGate['of'] = (type) => gate.notes.filter((note) => note.type === type) as unknown as ReturnType<FileTestGate['of']>;
  return { ...gate, holds: gate.asked, of };
}
