import { library } from '../../tsup.config.base';

export default library({ entry: ['src/index.ts', 'src/layers.ts'] });
