import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLES } from '../../scripts/docs/example';
import { story } from '../cluster/story';
import { expanded } from '../gke/expanded';
import { Block } from '../gke/synthesized';
import { commandsOf, rowOf, Walkthrough, WALKTHROUGHS } from './commands';
import { WalkthroughFollower } from './follower';
import { Place } from './place';

interface Answer {
  readonly model: string;
  readonly choices: readonly { readonly message: { readonly role: string; readonly content: string } }[];
}

type Step = ReturnType<typeof story>;

/** Declares a test for each command of a walkthrough, in order; `then` declares those that follow. */
function follow(
  walkthrough: Walkthrough, start: () => Promise<WalkthroughFollower>, then: (step: Step, follower: () => WalkthroughFollower) => void,
): void {
  describe(walkthrough.page, () => {
    const step = story();
    let follower: WalkthroughFollower;
    beforeAll(async () => {
      follower = await start();
    });
    afterAll(() => follower?.stop());

    commandsOf(walkthrough).filter(command => rowOf(command).run).forEach(command => step(command, async () => {
      const printed = await follower.follow(command);
      if (command.startsWith('curl ')) {
        const { model, choices: [{ message }] } = JSON.parse(printed) as Answer;
        expect([model, message.role, message.content.length > 0]).toEqual(['google/gemma-2-9b-it', 'assistant', true]);
      }
      if (command.startsWith('python3 ')) {
        expect(printed.trim()).not.toBe('');
      }
    }));
    then(step, () => follower);
  });
}

const clone = Place.clone();
afterAll(() => clone.remove());

/** What gcloud was asked, from its first words on; the words after them by the names of their flags. */
function askedOf(follower: WalkthroughFollower, words: string): Record<string, string>[] {
  return follower.asked.filter(line => line.startsWith(words))
    .map(line => Object.fromEntries(line.split(' ').filter(word => word.startsWith('--')).map((word) => {
      const [name, ...value] = word.slice(2).split('=');
      return [name, value.join('=')];
    })));
}

const account = (member: string) => /[^/]+\/sa\/[^/]+$/.exec(member)?.[0];

follow(WALKTHROUGHS.start, () => WalkthroughFollower.start({ place: clone, cell: 'l4-gcs' }), (step, follower) => {
  step('the cloud is asked for the reader\'s own project, cluster and bucket', async () => {
    expect(follower().asked).toEqual([
      'projects describe my-project --format=value(projectNumber)',
      'container clusters get-credentials vllm --dns-endpoint --location us-central1 --project my-project',
    ]);
    expect(readFileSync(clone.path('.env'), 'utf8')).toContain('CDK8S_VLLM_BUCKET=my-project-models\nCDK8S_VLLM_REGION=us-central1\n');
    expect(readFileSync(clone.path('dist/kustomize/l4-gcs/server/deployment-vllm-openai-gcs-l4.yaml'), 'utf8')).toContain('my-project-models');
  });
});

const theirs = Place.clone();
afterAll(() => theirs.remove());

follow(WALKTHROUGHS.brownfield, () => WalkthroughFollower.start({ place: theirs, cell: 'l4-gcs' }), (step, follower) => {
  step('the node pool is the one that Terraform would make', async () => {
    const [flags] = askedOf(follower(), 'container node-pools create g2-standard-24 ');
    const pool = Object.values(theirs.stack.resource.google_container_node_pool as Record<string, Block>).find(({ name }) => name === 'g2-standard-24')!;
    const { node_config: node, autoscaling, upgrade_settings: upgrade } = pool;
    const [gpu] = node.guest_accelerator;
    expect(flags).toMatchObject({
      'machine-type': node.machine_type, 'disk-type': node.boot_disk.disk_type, 'disk-size': `${node.boot_disk.size_gb}`,
      accelerator: `type=${gpu.type},count=${gpu.count},gpu-driver-version=${gpu.gpu_driver_installation_config.gpu_driver_version.toLowerCase()}`,
      'node-locations': pool.node_locations.join(','), 'image-type': node.image_type, 'location-policy': autoscaling.location_policy,
      'total-min-nodes': `${autoscaling.total_min_node_count}`, 'total-max-nodes': `${autoscaling.total_max_node_count}`,
      'workload-metadata': node.workload_metadata_config.mode, 'max-surge-upgrade': `${upgrade.max_surge}`,
      'max-unavailable-upgrade': `${upgrade.max_unavailable}`,
    });
    expect([node.gcfs_config, node.gvnic].map(({ enabled }) => enabled)).toEqual(['enable-image-streaming', 'enable-gvnic'].map(flag => flags[flag] === ''));
  });

  step('the grants are those that Terraform would make, on the whole bucket', async () => {
    const { google_storage_bucket_iam_member: buckets, google_project_iam_member: projects } = theirs.stack.resource;
    const made = [...Object.values<Block>(buckets), ...Object.values<Block>(projects)].flatMap(expanded).map(({ member, role }) => `${account(member)} ${role}`);
    const asked = ['storage buckets add-iam-policy-binding', 'projects add-iam-policy-binding'].flatMap(words => askedOf(follower(), words));
    expect(asked.map(({ member, role }) => `${account(member)} ${role}`)).toEqual([
      'models/sa/vllm-openai-gcs-l4 roles/storage.objectViewer', 'models/sa/vllm-openai-gcs-l4-loader roles/storage.objectUser',
      'custom-metrics/sa/custom-metrics-stackdriver-adapter roles/monitoring.viewer',
    ]);
    expect(asked.filter(({ member, role }) => !made.includes(`${account(member)} ${role}`))).toEqual([]);
    expect(asked.every(({ member }) => member.startsWith('principal://iam.googleapis.com/projects/123456789012/'))).toBe(true);
  });
});

let ofReader: Place;
afterAll(() => ofReader?.remove());

follow(WALKTHROUGHS.ownApp, async () => {
  ofReader = Place.ofReader(clone);
  cpSync(join(EXAMPLES, 'chatbot.ts'), ofReader.path('chatbot.ts'));
  return WalkthroughFollower.start({ place: ofReader, cell: 'chatbot' });
}, (step, follower) => {
  step('the grants are those that the app prints', async () => {
    const printed = JSON.parse((await follower().shell.run('node chatbot.js')).replace('grants: ', '')) as [string, ...{ verb: string }[]][];
    const roles = printed.flatMap(([name, ...grants]) => grants.map(({ verb }) => `chatbot/sa/${name} roles/storage.object${verb === 'read' ? 'Viewer' : 'User'}`));
    expect(askedOf(follower(), 'storage buckets').map(({ member, role }) => `${account(member)} ${role}`)).toEqual(roles);
  });
});
