import { describe, expect, test } from 'vitest';
import { chooseWorkers } from './choose';
import { hostNames } from './slurm';

const choose = (workers: string, rank?: number, environment: NodeJS.ProcessEnv = {}) =>
  chooseWorkers({ workers, trustNetwork: true, ...(rank !== undefined && { rank }) }, environment);

describe('who trains together', () => {
  test('is said by a list and a rank, which Slurm and Kubernetes tell', async () => {
    const addresses = ['a:7701', 'b:7702'];
    const expected = { addresses, rank: 1, startsOthers: false };
    expect(await choose('a:7701,b:7702', 1)).toEqual(expected);
    expect(await choose('a:7701,b:7702', undefined, { JOB_COMPLETION_INDEX: '1' })).toEqual(expected);
    expect(await choose('a:7701,b:7702', undefined, { SLURM_PROCID: '1' })).toEqual(expected);
    expect(await chooseWorkers({})).toBeUndefined();
  });

  test('is started here on free ports', async () => {
    const { addresses, ...rest } = (await choose('local:3'))!;
    expect(rest).toEqual({ rank: 0, startsOthers: true });
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('is read from a step of Slurm, node by node', async () => {
    const step = { SLURM_STEP_NODELIST: 'cpu[08-10],big', SLURM_STEP_TASKS_PER_NODE: '1(x2),2,1', SLURM_PROCID: '3' };
    expect(await choose('slurm:9000', undefined, step)).toEqual({
      addresses: ['cpu08:9000', 'cpu09:9000', 'cpu10:9000', 'cpu10:9001', 'big:9000'],
      rank: 3,
      startsOthers: false,
    });
    expect(hostNames('n1,r[1-2,05]c[1,3],z')).toEqual(['n1', 'r1c1', 'r1c3', 'r2c1', 'r2c3', 'r05c1', 'r05c3', 'z']);
    expect(hostNames('gpu[099-101]')).toEqual(['gpu099', 'gpu100', 'gpu101']);
  });

  test.each([
    [['a:1,b:2'], /^--rank: expected which of the 2 workers this is, from 0; Slurm/],
    [['a:1,b:2', 2], /^--rank: expected 0 to 1, one for each of the --workers, found 2$/],
    [['a:1,a:1', 0], /^--workers: expected each address once, found a:1,a:1$/],
    [['a,b', 0], /^--workers: expected host:port,host:port, slurm or local:2, found a$/],
    [['local:0'], /^--workers: expected one process at least/],
    [['local:2', 1], /^--rank: local workers have their ranks already$/],
    [['slurm'], /^slurm: expected SLURM_STEP_NODELIST and .* start it by srun$/],
  ] as [[string, number?], RegExp][])('%j is refused', async ([workers, rank], message) => {
    await expect(choose(workers, rank)).rejects.toThrow(message);
  });

  test('nobody listens on all addresses without being told to', async () => {
    await expect(chooseWorkers({ workers: 'local:2' })).rejects.toThrow(/--trust-network/);
    await expect(chooseWorkers({ rank: 1 })).rejects.toThrow('--rank: expected --workers with it');
  });
});
