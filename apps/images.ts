import {
  BatchInference, GradioChat, LocustLoadTest, ModelEvaluation, ProgramImage, VllmRelease, WeightsHydration, WeightsLoader,
} from '../lib';

/** For each program the folder that an image of its own is built from. */
export function programImages(release: VllmRelease): Map<string, string> {
  const images: ProgramImage[] = [
    GradioChat.programImage(), LocustLoadTest.programImage(),
    ...[WeightsLoader, WeightsHydration, BatchInference, ModelEvaluation].map(construct => construct.programImage(release)),
  ];
  return new Map(images.flatMap(image => [...Object.entries(image.programs), ...Object.entries(image.buildFiles())].map(([file, content]) => [`${image.name}/${file}`, content] as const)));
}
