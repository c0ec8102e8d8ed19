import type { ApprovalRow } from '@sallyport/core';

/** Approvals that cover more than one command, until their absolute end. */
export class GrantTable {
  readonly #grants = new Map<string, { readonly approval: string; readonly until: number }>();

  /** Takes up an approval's grant if it has one that has not ended. Forgets those that have. */
  add(row: ApprovalRow, now: number): void {
    for (const [key, { until }] of this.#grants) if (until <= now) this.#grants.delete(key);
    if (row.grantUntil !== null && row.grantUntil > now) this.#grants.set(row.grantKey, { approval: row.id, until: row.grantUntil });
  }

  /** The id of the approval that covers this key now. */
  find(key: string, now: number): string | undefined {
    const grant = this.#grants.get(key);
    return grant !== undefined && now < grant.until ? grant.approval : undefined;
  }

  /** Forgets the grant of an approval that was taken back. */
  remove(row: ApprovalRow): void {
    if (this.#grants.get(row.grantKey)?.approval === row.id) this.#grants.delete(row.grantKey);
  }
}
