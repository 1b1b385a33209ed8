import { CASES, testFileOf } from './expectations';
import { PROVIDER_MISSING, withTerraform } from './terraform';

/** Skipped for the reason that the global setup gave. */
const withProvider = process.env[PROVIDER_MISSING] === '' ? test : test.skip;

describe.each(Object.entries(CASES))('%s', (_, build) => {
  withProvider('is valid by the schema of the provider', () => {
    withTerraform(build().json, (terraform) => {
      terraform.succeed('init', '-backend=false', '-no-color');
      expect(terraform.run('validate', '-no-color')).toMatchObject({ status: 0, stdout: expect.stringContaining('Success!') });
    });
  });

  withProvider('is planned and applied as expected, with the provider mocked', () => {
    const built = build();
    withTerraform(built.json, (terraform) => {
      terraform.write('stack.tftest.hcl', testFileOf(built, (address, key) => address + key));
      terraform.succeed('init', '-backend=false', '-no-color');
      const { status, output } = terraform.run('test', '-no-color');
      expect([status, output]).toEqual([0, expect.stringContaining('2 passed, 0 failed.')]);
    });
  });
});

withProvider('an argument and a value that the provider does not know are found', () => {
  const { json } = CASES['every kind of capacity']();
  const [pool] = Object.values(json.resource.google_container_node_pool) as Record<string, Record<string, unknown>>[];
  pool.management.auto_repairs = true;
  pool.autoscaling.location_policy = 'SOME';
  const { status, output } = withTerraform(json, (terraform) => {
    terraform.succeed('init', '-backend=false', '-no-color');
    return terraform.run('validate', '-no-color');
  });
  expect([status, output]).toEqual([1, expect.stringContaining('auto_repairs')]);
  expect(output).toContain('location_policy');
});
