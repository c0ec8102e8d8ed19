import { apiKey } from './api-key.ts';
import { awsKey } from './aws-key.ts';
import { card } from './card.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { githubToken } from './github-token.ts';
import { gitlabToken } from './gitlab-token.ts';
import { iban } from './iban.ts';
import { jwt } from './jwt.ts';
import { phone } from './phone.ts';
import { privateKey } from './private-key.ts';
import { slackToken } from './slack-token.ts';
import { urlPassword } from './url-password.ts';
import { usSsn } from './us-ssn.ts';

/** Every detector by the name that the configuration knows it by. */
const DETECTORS = {
  email,
  phone,
  card,
  iban,
  'us-ssn': usSsn,
  'aws-key': awsKey,
  'github-token': githubToken,
  'gitlab-token': gitlabToken,
  'slack-token': slackToken,
  jwt,
  'private-key': privateKey,
  'api-key': apiKey,
  'url-password': urlPassword,
} as const satisfies Readonly<Record<string, Detector>>;

export type DetectorName = keyof typeof DETECTORS;

/** In the order of the documentation. */
export const DETECTOR_NAMES: readonly DetectorName[] = Object.keys(DETECTORS) as DetectorName[];

export function detectorOf(name: DetectorName): Detector {
  return DETECTORS[name];
}
