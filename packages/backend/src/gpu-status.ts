import { cardLine, findCards } from './cards';
import { gpuEnvironment } from './native-environment';
import type { NativeRow } from './platforms';

/** The lines of `status` on the GPU library: NVIDIA's libraries by version, the cards, and what is set for them. */
export function gpuStatus({ cuda = [] }: NativeRow): string[] {
  const { cards, fault } = findCards();
  const libraries = cuda.map(({ project, version }) => `${project.replace(/^nvidia-|-cu12$/g, '')} ${version}`);
  const settings = Object.entries(gpuEnvironment()).map(([name, value]) => `${name}=${value}`);
  return [
    `CUDA 12: ${libraries.join(', ')}`,
    ...cards.map((card) => `card: ${cardLine(card)}`),
    ...(fault ? [`it runs on the CPU: ${fault}`] : []),
    `set: ${settings.join(' ')}`,
  ];
}
