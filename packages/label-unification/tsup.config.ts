import { library } from '../../tsup.config.base';

export default library({ entry: ['src/index.ts', 'src/command.ts', 'src/cli.ts'] });
