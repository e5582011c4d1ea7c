/** LanceDB and the Arrow library that it shares with us. */
export type Lance = { lancedb: typeof import('@lancedb/lancedb'); arrow: typeof import('apache-arrow') };

const INSTALL = 'npm install --ignore-scripts @lancedb/lancedb@0.37.1 apache-arrow@18.1.0';

/**
 * The two packages that a user installs besides.
 *
 * @throws If one is not installed, or is and does not load, as where there is no build of LanceDB for the machine.
 */
export async function loadLance(): Promise<Lance> {
  // Arrow first: LanceDB would say less clearly that it is absent.
  const arrow = await load('apache-arrow', () => import('apache-arrow'));
  const lancedb = await load('@lancedb/lancedb', () => import('@lancedb/lancedb'));
  return { lancedb, arrow };
}

async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) {
      throw new Error(`an index on disk needs @lancedb/lancedb and apache-arrow; ${name} is not installed: ${INSTALL}`);
    }
    throw new Error(`${name} is installed but does not load: ${message.split('\n')[0]}`);
  }
}
