import { library } from '../../tsup.config.base';

export default library({ entry: ['src/index.ts', 'src/worker.ts'], dts: { entry: 'src/index.ts' } });
