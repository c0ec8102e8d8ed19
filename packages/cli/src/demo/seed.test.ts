import { seedCustomers, seedStatements } from './seed.ts';

test('the shop is the same every time and its cards pass the Luhn check', () => {
  const customers = seedCustomers();
  expect(customers).toHaveLength(200);
  expect(seedCustomers()).toEqual(customers);
  expect(new Set(customers.map((each) => each.email)).size).toBe(200);
  for (const { card } of customers) expect(luhn(card.replaceAll(' ', '')) % 10).toBe(0);
});

test('a password with a quote stays one literal', () => {
  expect(seedStatements("a'b")[0]).toBe("CREATE ROLE app LOGIN PASSWORD 'a''b'");
});

function luhn(number: string): number {
  return [...number].reverse().reduce((sum, digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
}
