import { library } from '../tsup.config.base';

export default library({ entry: ['src/cli.ts', 'src/node-side.ts'], dts: false });
