// What tests of protocols stand on: nothing of it is part of the product.
export * from './playbook.ts';
export * from './test-gate.ts';
export * from './test-host.ts';
export * from './test-listener.ts';
