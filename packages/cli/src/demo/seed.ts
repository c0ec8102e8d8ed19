const CUSTOMERS = 200;
const ORDERS = 900;
const OLD_ORDERS = 120;

type Words = readonly [string, ...string[]];

const FIRST_NAMES: Words = [
  'Ada',
  'Bruno',
  'Chiara',
  'Dilan',
  'Emre',
  'Freya',
  'Goran',
  'Hana',
  'Ines',
  'Jonas',
  'Kofi',
  'Lena',
  'Mateo',
  'Noor',
  'Olga',
  'Priya',
  'Quentin',
  'Rosa',
  'Sven',
  'Tomás',
  'Uma',
  'Victor',
  'Wanda',
  'Yusuf',
  'Zoë',
];
const LAST_NAMES: Words = [
  'Almeida',
  'Bauer',
  'Castro',
  'Dvořák',
  'Eriksen',
  'Ferrari',
  'García',
  'Haddad',
  'Ivanova',
  'Jansen',
  'Kaplan',
  'Lindqvist',
  'Moreau',
  'Nakamura',
  'Okafor',
  'Petrov',
  'Rossi',
  'Schmidt',
  'Tanaka',
  'Weber',
];
const CITIES: Words = ['Porto', 'Berlin', 'Lyon', 'Kraków', 'Oslo', 'Bologna', 'Accra', 'Osaka', 'Toronto', 'Utrecht'];
const ITEMS: Words = [
  'espresso machine',
  'desk lamp',
  'rain jacket',
  'trail shoes',
  'cast iron pan',
  'bike light',
  'office chair',
  'wool blanket',
];
const STATUSES: Words = ['paid', 'shipped', 'delivered', 'delivered', 'delivered', 'returned'];

/** What support people write down and should not. Made up, like everything here. */
const NOTES: Words = [
  'prefers to be called after 17:00',
  'forgot her password, told her the temporary one: Sunflower-42!',
  'wholesale API key sk_live_51Hq8ZtExample7Kd2 sent by mail on request',
  'asked for an invoice with VAT number',
  'door code 4711#, parcel goes behind the bikes',
  'IBAN DE89 3704 0044 0532 0130 00 for the refund',
];

/** What arrives in a shop's inbox. Made up; the keys are their makers' own examples. */
const MESSAGES: Words = [
  'Where is my espresso machine? Order 114 of 2026-03-02, it said 3 to 5 days.',
  'The export job broke again, I ran it with AKIAIOSFODNN7EXAMPLE like last time.',
  'Please charge 4111 1111 1111 1111 instead, the other card has expired.',
  'Staging is at postgres://shop:Tulip-77-Meadow@db.internal/shop if you want to look.',
  'The lamp flickers. Serial number 2026-0042-17, version 1.4.2.',
];

export interface Customer {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly card: string;
  readonly city: string;
  readonly notes: string | null;
  readonly since: string;
  readonly taxId: string;
}

/** The shop's customers, in the order of their ids from 1. The same every time. */
export function seedCustomers(): readonly Customer[] {
  const dice = new Dice(20_261_120);
  return Array.from({ length: CUSTOMERS }, (_, at) => customer(at + 1, dice));
}

/** The statements that make the shop, in order. The same every time. */
export function seedStatements(password: string): readonly string[] {
  const dice = new Dice(15_432);
  const customers = seedCustomers().map((each, at) => {
    const values = [each.name, each.email, each.phone, each.card, each.city, each.notes, each.since, each.taxId];
    return `(${at + 1}, ${values.map(text).join(', ')})`;
  });
  const orders = Array.from({ length: ORDERS }, () => {
    const values = [dice.pick(ITEMS), dice.price(), dice.pick(STATUSES), dice.day()];
    return `(${1 + dice.roll(CUSTOMERS)}, ${values.map(text).join(', ')})`;
  });
  const old = Array.from({ length: OLD_ORDERS }, (_, at) => `(${at + 1}, ${text(dice.pick(ITEMS))}, ${dice.price()})`);
  return [
    `CREATE ROLE app LOGIN PASSWORD ${text(password)}`,
    'ALTER DATABASE shop OWNER TO app',
    'ALTER SCHEMA public OWNER TO app',
    `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, phone text,
       card_number text, city text, notes text, since date NOT NULL, tax_id text NOT NULL)`,
    'CREATE TABLE messages (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)',
    `CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int NOT NULL REFERENCES customers,
       item text NOT NULL, total numeric(8,2) NOT NULL, status text NOT NULL, ordered_on date NOT NULL)`,
    'CREATE TABLE orders_2019 (id int PRIMARY KEY, item text NOT NULL, total numeric(8,2) NOT NULL)',
    `INSERT INTO customers VALUES ${customers.join(', ')}`,
    `INSERT INTO messages (body) VALUES ${MESSAGES.map((body) => `(${text(body)})`).join(', ')}`,
    `INSERT INTO orders (customer_id, item, total, status, ordered_on) VALUES ${orders.join(', ')}`,
    `INSERT INTO orders_2019 VALUES ${old.join(', ')}`,
    'ALTER TABLE customers OWNER TO app',
    'ALTER TABLE messages OWNER TO app',
    'ALTER TABLE orders OWNER TO app',
    'ALTER TABLE orders_2019 OWNER TO app',
  ];
}

function customer(id: number, dice: Dice): Customer {
  const first = dice.pick(FIRST_NAMES);
  const last = dice.pick(LAST_NAMES);
  return {
    name: `${first} ${last}`,
    email: `${plain(first)}.${plain(last)}${id}@example.com`,
    phone: `+1 555 01${dice.digits(2)} ${dice.digits(4)}`,
    card: cardNumber(dice),
    city: dice.pick(CITIES),
    notes: dice.roll(3) > 0 ? dice.pick(NOTES) : null,
    since: dice.day(),
    taxId: `DE${dice.digits(9)}`,
  };
}

/** Sixteen digits that pass the Luhn check, as a real card's do. */
function cardNumber(dice: Dice): string {
  const body = `4${dice.digits(14)}`;
  const sum = [...body].reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  const number = body + String((10 - (sum % 10)) % 10);
  return number.replace(/(\d{4})(?=\d)/g, '$1 ');
}

function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^a-zA-Z]/g, '')
    .toLowerCase();
}

function text(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

/** Throws the same numbers at every start, so that what a guide shows is what one sees. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below `sides`. */
  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * sides);
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.roll(list.length)] ?? list[0];
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => String(this.roll(10))).join('');
  }

  price(): string {
    return `${5 + this.roll(400)}.${this.digits(2)}`;
  }

  day(): string {
    return new Date(Date.UTC(2024, 0, 1) + this.roll(900) * 86_400_000).toISOString().slice(0, 10);
  }
}
