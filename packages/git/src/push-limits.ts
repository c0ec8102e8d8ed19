/** What pushes may cost the gateway. */
export interface PushLimits {
  /** Pushes that are judged or wait for an approval at the same time. */
  readonly pushes: number;
  /** The same, of one identity. */
  readonly pushesEach: number;
  /** Bytes of its pack. While it is judged, it lies on the disk twice. */
  readonly packBytes: number;
  /** Objects in its pack. */
  readonly objects: number;
  /** Seconds of processor time for each run of git, and of waiting for git once the pack has come. */
  readonly seconds: number;
  /** Address space of each run of git, in bytes. */
  readonly memoryBytes: number;
  /** The largest file whose text is looked at. */
  readonly fileBytes: number;
  /** Text looked at in all. */
  readonly textBytes: number;
  /** Entries of trees and commits looked at in all. */
  readonly steps: number;
  /** Changed paths of one ref. */
  readonly paths: number;
}

export const PUSH_LIMITS: PushLimits = {
  pushes: 32,
  pushesEach: 8,
  packBytes: 1 << 30,
  objects: 500_000,
  seconds: 60,
  memoryBytes: 2 ** 31,
  fileBytes: 4 << 20,
  textBytes: 64 << 20,
  steps: 2_000_000,
  paths: 100_000,
};
