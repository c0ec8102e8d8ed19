import { demoConfiguration } from './configuration.ts';

const PORTS = {
  postgres: 15_432,
  admin: 8_420,
  database: 40_001,
  http: 18_080,
  shopApi: 40_005,
  model: 18_081,
  modelServer: 40_006,
  forward: 18_088,
  parcels: 40_007,
};

test('ports are put where they belong', () => {
  const text = demoConfiguration(undefined, PORTS);
  expect(text).toContain('admin: { listen: 127.0.0.1:8420 }');
  expect(text).toMatch(/^ {4}listen: 127\.0\.0\.1:15432 /m);
  expect(text).toMatch(/^ {4}address: 127\.0\.0\.1:40001 /m);
});

test('MariaDB is a target where it is installed, with ports of its own', () => {
  expect(demoConfiguration(undefined, PORTS)).not.toContain('protocol: mysql');
  const text = demoConfiguration(undefined, { ...PORTS, mysql: 13_306, mariadb: 40_003 });
  expect(text).toMatch(/protocol: mysql\n {4}listen: 127\.0\.0\.1:13306 .*\n {4}address: 127\.0\.0\.1:40003\n/);
  expect(text).toMatch(/protocol: postgres\n {4}listen: 127\.0\.0\.1:15432 .*\n {4}address: 127\.0\.0\.1:40001 /);
});

test('the API of the shop and the language model have ports of their own', () => {
  const text = demoConfiguration(undefined, PORTS);
  expect(text).toMatch(/shop-api:\n {4}protocol: http\n {4}listen: 127\.0\.0\.1:18080 .*\n {4}address: 127\.0\.0\.1:40005\n/);
  expect(text).toMatch(/shop-model:\n {4}protocol: http\n {4}listen: 127\.0\.0\.1:18081 .*\n {4}address: 127\.0\.0\.1:40006\n/);
});

test('the forward proxy has a port of its own, and the one host that it is asked for', () => {
  const text = demoConfiguration(undefined, PORTS);
  expect(text).toMatch(
    /shop-parcels:\n {4}protocol: http\n {4}listen: 127\.0\.0\.1:18088 .*\n {4}address: localhost:40007 .*\n {4}forward: true/,
  );
});

test('what its owner changed stays', () => {
  const own = demoConfiguration(undefined, PORTS).replace('timeout: 10m', 'timeout: 2m');
  const again = demoConfiguration(own, { ...PORTS, database: 40_002 });
  expect(again).toBe(own.replace('127.0.0.1:40001', '127.0.0.1:40002'));
});
