import { accessSync, constants } from 'node:fs';
import type { ApprovalState } from '@sallyport/core';
import type { ApprovalDetailJson, ApprovalJson } from '@sallyport/gateway';
import { CliError } from './exit.ts';
import { findConfig, loadSite, openApi, type Site, type SiteOptions, withStore } from './site.ts';

/** An approval as a listing gives it, and all there is to know of it. */
export type Approval = ApprovalJson & Partial<ApprovalDetailJson>;

/** Lists approvals, newest first: from the data_dir for its administrator, else from the gateway. */
export async function listApprovals(
  options: SiteOptions,
  filter: { readonly state?: ApprovalState; readonly limit: number },
): Promise<readonly Approval[]> {
  const site = await ownSite(options);
  if (site !== undefined) {
    const { approvalJson } = await import('@sallyport/gateway');
    return withStore(site, 'read', async (store) => (await store.approvals.list(filter)).map(approvalJson));
  }
  const query = filter.state === undefined ? '' : `?state=${filter.state}`;
  const approvals = await (await openApi(options, 'approve')).get<readonly Approval[]>(`/api/v1/approvals${query}`);
  return approvals.slice(0, filter.limit);
}

/** @throws CliError when there is no such approval */
export async function getApproval(options: SiteOptions, id: string): Promise<ApprovalDetailJson> {
  const site = await ownSite(options);
  if (site === undefined) return (await openApi(options, 'approve')).get(`/api/v1/approvals/${encodeURIComponent(id)}`);
  const row = await withStore(site, 'read', (store) => store.approvals.get(id));
  if (row === undefined) throw new CliError(`There is no approval '${id}'.`);
  return (await import('@sallyport/gateway')).approvalDetailJson(row);
}

/** The configuration whose data_dir is ours to read; undefined where we are a guest of the gateway. */
async function ownSite(options: SiteOptions): Promise<Site | undefined> {
  const remote = process.env['SALLYPORT_URL'];
  if ((remote !== undefined && remote !== '') || findConfig(options) === undefined) return undefined;
  const site = await loadSite(options);
  try {
    accessSync(site.config.dataDir, constants.R_OK | constants.W_OK);
    return site;
  } catch {
    return undefined;
  }
}
