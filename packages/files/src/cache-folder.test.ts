import { afterEach, expect, test, vi } from 'vitest';
import { cacheFolder, userCacheFolder } from './cache-folder';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the cache is in XDG_CACHE_HOME if that is an absolute path, else in ~/.cache', () => {
  vi.stubEnv('XDG_CACHE_HOME', '/somewhere');
  expect(cacheFolder()).toBe('/somewhere/mmolre');
  vi.stubEnv('XDG_CACHE_HOME', 'relative');
  vi.stubEnv('HOME', '/home/someone');
  expect(cacheFolder()).toBe('/home/someone/.cache/mmolre');
  expect(userCacheFolder({ XDG_CACHE_HOME: '/of/others' })).toBe('/of/others');
});
