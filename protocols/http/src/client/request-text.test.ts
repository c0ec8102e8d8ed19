import { ExecError } from '@sallyport/core';
import { readRequest } from './request-text.ts';

test.each([
  ['GET /orders?x=1', { method: 'GET', url: '/orders?x=1', fields: [], body: undefined }],
  ['get\n/orders', { method: 'GET', url: '/orders', fields: [], body: undefined }],
  [
    'POST\n/orders\nContent-Type: application/json\nx-a:  b c ',
    {
      method: 'POST',
      url: '/orders',
      fields: [
        ['content-type', 'application/json'],
        ['x-a', 'b c'],
      ],
      body: undefined,
    },
  ],
  ['PUT /a HTTP/1.1\r\nx-a: b\r\n\r\n{\n\n}', { method: 'PUT', url: '/a', fields: [['x-a', 'b']], body: '{\n\n}' }],
  ['REPORT https://example.com/a', { method: 'REPORT', url: 'https://example.com/a', fields: [], body: undefined }],
])('%j', (text, request) => {
  expect(readRequest(text)).toEqual(request);
});

test.each(['', 'GET', 'GET orders', 'GET ftp://x', 'GET /a\nno header', '/orders'])('%j is no request', (text) => {
  expect(() => readRequest(text)).toThrow(ExecError);
});
