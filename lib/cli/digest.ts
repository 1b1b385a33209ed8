import { VllmRelease } from '../catalog';
import { ImageReference } from '../common/image-reference';
import { orRefusal, Refusal } from '../common/refusal';
import { Command, onlyOne, Output, parsed } from './command';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { digestOfTag } from './image-registry';

const USAGE = 'usage: npx cdk8s-vllm digest <release or image>';

const HELP = `${USAGE}

Asks the registry which digest a tag stands for, so that production can be pinned to it: a tag can come to name another
image.

  <release>  version of vLLM, such as ${VllmRelease.DEFAULT.version}: its image
  <image>    with its tag, such as docker.io/vllm/vllm-openai:v${VllmRelease.DEFAULT.version}
  --help     this text

Exit codes: 0 printed, 64 wrong usage, 65 the registry contradicts itself, 66 no such image, 69 the registry does not
answer, 77 the image needs a login.`;

/** `npx cdk8s-vllm digest`. */
export const DIGEST: Command = { usage: USAGE, help: HELP, run: digest };

async function digest(args: string[], _environment: Environment, { out }: Output): Promise<number> {
  const { positionals, values } = parsed(args, { help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    out(HELP);
    return 0;
  }
  const name = onlyOne('release or image', positionals);
  const release = /^v?\d+(\.\d+)*$/.test(name) ? VllmRelease.of(name) : undefined;
  const image = taggedImage(release?.image ?? name);
  const found = await digestOfTag(image);
  out(image.withDigest(found));
  if (release !== undefined) {
    out(`\nCDK8S_VLLM_RELEASE=${release.version}@${found}, or VllmRelease.of('${release.version}@${found}')`);
  }
  return 0;
}

/** @throws on what is no image, and on one that has a digest already */
function taggedImage(text: string): ImageReference {
  const image = orRefusal(() => ImageReference.of(text));
  if (image instanceof Refusal || image.digest !== undefined) {
    throw new Failure(ExitCode.USAGE, image instanceof Refusal ? image.message : `'${text}' has its digest already`);
  }
  return image;
}
