import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../../src/adapters/redis/address.ts';

describe('The address of Redis', () => {
  it('leads to one server, with user, password and database', () => {
    const { options, secrets, where } = parseAddress('redis://me:a%40b@redis.example.com:6380/2');
    expect(options).toEqual({
      host: 'redis.example.com',
      port: 6380,
      username: 'me',
      password: 'a@b',
      db: 2,
    });
    expect([where, secrets]).toEqual(['redis://redis.example.com:6380', ['a%40b', 'a@b', 'a%40b']]);
  });

  it('takes TLS from its scheme, and the usual port', () => {
    expect(parseAddress('rediss://[::1]').options).toEqual({ host: '::1', port: 6379, db: 0, tls: {} });
  });

  it('leads to Sentinels that know the primary by its name, with TLS to them and to it', () => {
    const text = 'rediss+sentinel://:pw@s1.example.com,s2.example.com:26380/castle/1?sentinelPassword=x%2Fy';
    const { options, secrets, where } = parseAddress(text);
    expect(options).toEqual({
      name: 'castle',
      password: 'pw',
      db: 1,
      sentinels: [
        { host: 's1.example.com', port: 26379 },
        { host: 's2.example.com', port: 26380 },
      ],
      sentinelPassword: 'x/y',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    });
    expect(where).toBe('rediss+sentinel://s1.example.com,s2.example.com:26380/castle');
    expect(secrets).toEqual(['pw', 'pw', 'pw', 'x/y', 'x%2Fy']);
  });

  it('leads to nodes of a Cluster, which has one database', () => {
    const text = 'rediss+cluster://me:p%3Aw@n1.example.com,[::1]:6380';
    const { options, secrets, where } = parseAddress(text);
    expect(options).toEqual({
      nodes: [
        { host: 'n1.example.com', port: 6379 },
        { host: '::1', port: 6380 },
      ],
      username: 'me',
      password: 'p:w',
      tls: {},
    });
    expect(where).toBe('rediss+cluster://n1.example.com,[::1]:6380');
    expect(secrets).toEqual(['p%3Aw', 'p:w', 'p%3Aw']);
    expect(parseAddress('redis+cluster://n1/').options).toEqual({ nodes: [{ host: 'n1', port: 6379 }] });
  });

  it.each([
    'redis+sentinel://s1:26379',
    'redis+sentinel:///castle',
    'redis+sentinel://s1,/castle',
    'redis+sentinel://s1/castle/first',
    'redis://host/first',
    'redis+cluster://host/1',
    'redis+cluster://',
    'redis+cluster://host,',
    'redis+ring://host',
    'http://host',
  ])('is refused with the forms it may have: %s', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({
        code: 'redis.address-invalid',
        hint: expect.stringMatching(/redis\+sentinel:\/\/.*redis\+cluster:\/\//),
      }),
    );
  });
});
