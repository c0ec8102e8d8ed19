import { readAnswer, readBatch } from './lfs-batch.ts';

const place = { origin: 'http://git.internal:3000', gateway: 'https://gateway:8443', secret: (text: string) => text.includes('hunter22') };

const answer = (object: object): string => JSON.stringify({ transfer: 'basic', objects: [{ oid: 'a1', size: 3, ...object }] });

test('a batch says what it moves', () => {
  const objects = [
    { oid: 'a1', size: 3 },
    { oid: 'b2', size: 4 },
  ];
  const text = JSON.stringify({ operation: 'upload', ref: { name: 'refs/heads/main' }, objects });
  expect(readBatch(text)?.batch).toEqual({ operation: 'upload', ref: 'refs/heads/main', objects: 2, bytes: 7 });
  expect(readBatch(JSON.stringify({ operation: 'download', objects: [{}] }))?.batch).toEqual({
    operation: 'download',
    objects: 1,
    bytes: Number.NaN,
  });
});

test.each(['', '[]', '{}', '{"operation":"move","objects":[]}', '{"operation":"upload","objects":{}}'])('%s is no batch', (text) => {
  expect(readBatch(text)).toBeUndefined();
});

test('what leads to the target leads through the gateway, without what signs in there', () => {
  const actions = {
    download: { href: 'http://git.internal:3000/lfs/a1?x=1', header: { Authorization: 'RemoteAuth 1', 'X-Kind': 'lfs' }, expires_in: 60 },
  };
  expect(readAnswer(answer({ authenticated: true, actions }), place)).toEqual({
    given: {
      transfer: 'basic',
      objects: [
        {
          oid: 'a1',
          size: 3,
          actions: { download: { href: 'https://gateway:8443/lfs/a1?x=1', header: { 'X-Kind': 'lfs' }, expires_in: 60 } },
        },
      ],
    },
    recorded: {
      transfer: 'basic',
      objects: [
        {
          oid: 'a1',
          size: 3,
          actions: { download: { href: 'https://gateway:8443/lfs/a1?[removed]', header: { 'X-Kind': '[removed]' }, expires_in: 60 } },
        },
      ],
    },
    direct: [],
  });
});

test('what leads elsewhere passes with its own credential, which nobody records; the target never repeats ours', () => {
  const upload = {
    href: 'https://user:pw@store.example/a1?X-Amz-Signature=s3cret',
    header: { Authorization: 'RemoteAuth s3cret', Echo: 'Basic hunter22' },
  };
  const verify = { href: 'http://git.internal:3000/verify' };
  const read = readAnswer(answer({ authenticated: true, actions: { upload, verify } }), place);
  expect(read?.direct).toEqual(['store.example']);
  expect(read?.given).toMatchObject({
    objects: [
      {
        authenticated: true,
        actions: {
          upload: { href: upload.href, header: { Authorization: 'RemoteAuth s3cret' } },
          verify: { href: 'https://gateway:8443/verify' },
        },
      },
    ],
  });
  expect(JSON.stringify(read?.given)).not.toContain('hunter22');
  expect(JSON.stringify(read?.recorded)).not.toMatch(/s3cret|hunter22|pw@/);
});

test('objects without actions, errors and the first version of the format pass', () => {
  const error = { error: { code: 404, message: 'gone' } };
  expect(readAnswer(answer(error), place)?.given).toMatchObject({ objects: [error] });
  const links = { _links: { download: { href: 'http://git.internal:3000/a1' } } };
  expect(readAnswer(answer(links), place)?.given).toMatchObject({
    objects: [{ _links: { download: { href: 'https://gateway:8443/a1' } } }],
  });
  expect(readAnswer('<html>', place)).toBeUndefined();
});
