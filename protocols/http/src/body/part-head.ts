import { type CountHit, ProtocolError, type Side, type TextMask } from '@sallyport/core';
import { parametersOf } from './media-type.ts';

/** What a part of a multipart body says of itself. */
export interface PartHead {
  readonly contentType: string | undefined;
  /** Of a form's field. */
  readonly name: string | undefined;
  /** It has a coding of its own, as parts of mails do. */
  readonly encoded: boolean;
}

const FIELD = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([^\r\n\0]*)$/;
const KNOWN = ['content-type', 'content-disposition', 'content-transfer-encoding', 'content-encoding'];
const PLAIN_CODINGS = ['', '7bit', '8bit', 'binary', 'identity'];

/**
 * Reads the lines before a part's body, without the empty one behind them.
 *
 * @throws ProtocolError for lines that two parsers could read differently.
 */
export function partHeadOf(bytes: Buffer, side: Side): PartHead {
  const fields = new Map<string, string>();
  // Folded lines are one: RFC 5322, section 2.2.3.
  const lines = bytes
    .toString()
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .split('\r\n');
  for (const line of lines) {
    if (line === '') continue;
    const [, name = '', value = ''] = FIELD.exec(line) ?? [];
    const known = name.toLowerCase();
    if (name === '' || (KNOWN.includes(known) && fields.has(known)))
      throw new ProtocolError(
        side,
        'A part of the multipart body has lines before it that can be read in several ways: it cannot be masked.',
      );
    fields.set(known, value.trim());
  }
  const disposition = fields.get('content-disposition') ?? '';
  const codings = [fields.get('content-transfer-encoding'), fields.get('content-encoding')].map((coding) => (coding ?? '').toLowerCase());
  return {
    contentType: fields.get('content-type'),
    name: disposition.includes(';') ? parametersOf(disposition.slice(disposition.indexOf(';'))).get('name') : undefined,
    encoded: !codings.every((coding) => PLAIN_CODINGS.includes(coding)),
  };
}

/** The lines with what is found in them masked, each on its own. */
export function maskedHead(bytes: Buffer, text: TextMask | undefined, count: CountHit): Buffer {
  if (text === undefined || !text.mayFind(bytes, 0, bytes.length)) return bytes;
  const shown = bytes
    .toString('latin1')
    .split('\r\n')
    .map((line) => {
      const own = Buffer.from(line, 'latin1');
      return (text.value(own, 0, own.length, count) ?? own).toString('latin1').replaceAll(/[\r\n]/g, ' ');
    });
  return Buffer.from(shown.join('\r\n'), 'latin1');
}
