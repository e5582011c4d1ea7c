import { library } from '../../tsup.config.base';

export default library({
  entry: ['src/index.ts', 'src/command.ts', 'src/lancedb.ts', 'src/cli.ts'],
  dts: { entry: ['src/index.ts', 'src/command.ts', 'src/lancedb.ts'] },
});
