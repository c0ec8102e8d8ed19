export { exportAsciicast } from './asciicast.ts';
export { publicText } from './entry.ts';
export { type ExportFormat, exportSession } from './export.ts';
export type { Finding, Verification } from './finding.ts';
export { exportHar } from './har.ts';
export type { Anchor } from './log-check.ts';
export { PlainLines } from './plain-lines.ts';
export { RecordedBody, textOf } from './recorded-body.ts';
export { type NewSession, Recorder, type RecorderOptions } from './recorder.ts';
export { type Replayed, replay } from './replay.ts';
export { Screen } from './screen.ts';
export {
  type CommandJson,
  type CommandState,
  describeSession,
  type EventJson,
  type SearchMatch,
  type SessionDetails,
  type SessionJson,
  searchSessions,
  sessionJson,
} from './session-json.ts';
export type { SessionRecorder } from './session-recorder.ts';
export { TerminalFilter } from './terminal-filter.ts';
export { terminalText } from './terminal-text.ts';
export { searchValue, type ValueMatch } from './value-search.ts';
export { takeAnchor, unreadable, type VerifyOptions, verifyAll, verifySession } from './verify.ts';
export { verifyFile } from './verify-file.ts';
export {
  type CommandEvent,
  type RecordedEvent,
  type RefusedEvent,
  type ReleasedEvent,
  type ResultEvent,
  type ResultsPolicy,
  timeText,
} from './vocabulary.ts';
export { isWholeAnswer } from './whole-answer.ts';
