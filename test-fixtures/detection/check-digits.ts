/** The last digit of a card or IMEI: {@link https://www.iso.org/standard/70484.html ISO/IEC 7812-1, annex B}. */
export function luhnDigit(digits: string): number {
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? ((2 * Number(digit)) % 10) + Math.floor(Number(digit) / 5) : Number(digit)))
    .reduce((total, digit) => total + digit, 0);
  return (10 - (sum % 10)) % 10;
}

/** The last digit of an EAN or GTIN: {@link https://www.gs1.org/services/how-calculate-check-digit-manually GS1}. */
export function eanDigit(digits: string): number {
  const sum = Array.from(digits)
    .reverse()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 3 : 1))
    .reduce((total, digit) => total + digit, 0);
  return (10 - (sum % 10)) % 10;
}

/** The two check digits of an IBAN: {@link https://www.iso.org/standard/81090.html ISO 13616-1}. */
export function ibanDigits(country: string, account: string): string {
  const number = Array.from(`${account}${country}00`, (character) => Number.parseInt(character, 36)).join('');
  return String(98n - (BigInt(number) % 97n)).padStart(2, '0');
}
