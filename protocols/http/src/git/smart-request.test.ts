import { readTarget } from '../classify/request-target.ts';
import type { Fields } from '../message/fields.ts';
import { lfsRepository } from './serve-lfs.ts';
import { readSmartRequest } from './smart-request.ts';

function exchange(method: string, target: string, fields: Fields = []): Parameters<typeof readSmartRequest>[0] {
  const requested = readTarget(target);
  if ('refused' in requested) throw new Error(requested.refused);
  return { request: { method, fields }, requested } as unknown as Parameters<typeof readSmartRequest>[0];
}

test.each([
  ['GET', '/shop.git/info/refs?service=git-upload-pack', 'refs upload-pack shop /shop.git'],
  ['GET', '/a/b/.git/info/refs?service=git-receive-pack', 'refs receive-pack a/b /a/b/.git'],
  ['POST', '/acme/shop/git-upload-pack', 'call upload-pack acme/shop /acme/shop'],
  ['POST', '/acme/shop.git/git-receive-pack?x=1', 'call receive-pack acme/shop /acme/shop.git'],
  ['POST', '//acme//shop.git/./git-receive-pack', 'call receive-pack acme/shop /acme/shop.git'],
  ['POST', '/caf%C3%A9.git/git-upload-archive', 'call upload-archive café /caf%C3%A9.git'],
  ['POST', '/shop.git/Git-Receive-Pack', 'call receive-pack shop /shop.git'],
])('%s %s is %s', (method, target, expected) => {
  const read = readSmartRequest(exchange(method, target));
  expect(read && `${read.kind} ${read.service} ${read.repository} ${read.base}`).toBe(expected);
});

test.each([
  ['GET', '/shop.git/info/refs'],
  ['GET', '/shop.git/info/refs?service=git-receive-pack&service=git-upload-pack'],
  ['GET', '/shop.git/info/refs?service=git-daemon'],
  ['HEAD', '/shop.git/info/refs?service=git-upload-pack'],
  ['GET', '/shop.git/objects/pack/pack-1.idx'],
  ['GET', '/shop.git/git-receive-pack'],
  ['PUT', '/shop.git/git-receive-pack'],
  ['POST', '/shop.git/git-receive-packs'],
  ['POST', '/shop.git/x-git-receive-pack'],
])('%s %s is a request like any other', (method, target) => {
  expect(readSmartRequest(exchange(method, target))).toBeUndefined();
});

test.each([
  ['an escaped name of the service', '/shop.git/git-receive-pac%256b', []],
  ['a slash behind it', '/shop.git/git-receive-pack/', []],
  ['an escaped slash', '/shop.git%2Fgit-receive-pack', []],
  ["a servlet's parameter", '/shop.git;x/git-receive-pack', []],
  ['a parameter behind it', '/shop.git/git-receive-pack;x', []],
  ['an escaped slash in the repository', '/acme%2Fshop.git/git-receive-pack', []],
  ['no repository', '/git-receive-pack', []],
  ['another path with the type of a push', '/push', [['content-type', 'application/x-git-receive-pack-request']] as const],
])('%s is refused, for another server may read it otherwise', (_what, target, fields) => {
  expect(() => readSmartRequest(exchange('POST', target, fields))).toThrow('two ways');
});

test.each([
  ['POST', '/acme/shop.git/info/lfs/objects/batch', 'acme/shop'],
  ['GET', '/acme/shop.git/info/lfs/objects/batch', undefined],
  ['POST', '/acme/shop.git/info/lfs/locks', undefined],
  ['POST', '/acme%2Fshop.git/info/lfs/objects/batch', undefined],
])('%s %s is a batch of Git LFS for %s', (method, target, repository) => {
  expect(lfsRepository(exchange(method, target))).toBe(repository);
});
