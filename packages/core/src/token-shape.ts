/** Enough of a gateway token, or of a JWT, to be worth hiding, wherever it stands: people type it as a user name, too. */
const SECRETS = /(sp_)[0-9A-Za-z]{8,}|(eyJ)[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;

/** The text with every such secret blanked: for logs, and for sentences that quote what a client sent. */
export function withoutTokens(text: string): string {
  return text.includes('sp_') || text.includes('eyJ') ? text.replaceAll(SECRETS, '$1$2[redacted]') : text;
}

/** A whole one: 52 characters, as no name of a function or column is likely to have. */
const WHOLE_TOKEN = /(?<![0-9A-Za-z_])sp_[0-9A-Za-z]{49}(?![0-9A-Za-z_])/g;

/** The same for texts of commands, where names may begin alike (`sp_getcustomers`): only whole tokens are blanked. */
export function withoutWholeTokens(text: string): string {
  return text.includes('sp_') ? text.replaceAll(WHOLE_TOKEN, 'sp_[redacted]') : text;
}
